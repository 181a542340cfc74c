//! A text with its lines.

use super::{Problem, ProblemKind, Span};

/// The text of a file, and where its lines begin.
#[derive(Debug, Clone)]
pub struct Source {
    text: String,
    line_starts: Vec<usize>,
}

/// A place as people and editors count it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters (Unicode scalar values).
    pub column: usize,
    /// From 0, in bytes.
    pub offset: usize,
}

impl Source {
    /// A source from bytes. A byte-order mark and bytes that are not UTF-8 are reported; the latter are replaced.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => {
                let at = error.utf8_error().valid_up_to();
                let bytes = error.into_bytes();
                let text = String::from_utf8_lossy(&bytes).into_owned();
                let encoding = match bytes.get(..2) {
                    Some([0xff, 0xfe] | [0xfe, 0xff]) => "; it looks like UTF-16",
                    _ => "",
                };
                problems.push(Problem {
                    kind: ProblemKind::InvalidUtf8,
                    span: Span::new(at, (at + '\u{fffd}'.len_utf8()).min(text.len())),
                    related: None,
                    detail: format!("byte {at} (0x{:02x}) is not UTF-8{encoding}", bytes[at]),
                });
                text
            }
        };
        if text.starts_with('\u{feff}') {
            problems.push(Problem {
                kind: ProblemKind::ByteOrderMark,
                span: Span::new(0, '\u{feff}'.len_utf8()),
                related: None,
                detail: "the file starts with a byte-order mark".to_owned(),
            });
        }
        (Self::new(text), problems)
    }

    /// A source from text.
    #[must_use]
    pub fn new(text: String) -> Self {
        let newlines = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let line_starts = std::iter::once(0).chain(newlines.map(|(at, _)| at + 1)).collect();
        Self { text, line_starts }
    }

    /// The whole text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The text of a span; empty if the span does not lie on character boundaries.
    #[must_use]
    pub fn slice(&self, span: Span) -> &str {
        self.text.get(span.start..span.end).unwrap_or_default()
    }

    /// Line and column of a byte. Offsets past the end are taken as the end.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.line_starts.partition_point(|start| *start <= offset);
        let start = self.line_starts[line - 1];
        let column = self.text.as_bytes()[start..offset].iter().filter(|byte| (**byte & 0xc0) != 0x80).count() + 1;
        Position { line, column, offset }
    }
}
