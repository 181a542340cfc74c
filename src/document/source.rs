//! A text with its lines.

use std::sync::OnceLock;

use super::{Problem, ProblemKind, Span};

/// The text of a file, and where its lines begin.
#[derive(Debug, Clone)]
pub struct Source {
    text: String,
    /// Most texts are right, and nobody asks for a line of them.
    lines: OnceLock<Lines>,
}

/// Where the lines and characters of a text are.
#[derive(Debug, Clone)]
struct Lines {
    starts: Vec<usize>,
    /// How many characters start before each block of [`BLOCK`] bytes, so that a column in a line of a megabyte is
    /// found without counting through it.
    characters_before: Vec<usize>,
    /// How many of them are beyond the Basic Multilingual Plane; empty if none is.
    astral_before: Vec<usize>,
}

/// Bytes between two counts of characters.
const BLOCK: usize = 1024;

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
    /// UTF-16 is reported too, and decoded.
    #[must_use]
    pub fn from_bytes(bytes: Vec<u8>) -> (Self, Vec<Problem>) {
        let mut problems = Vec::new();
        let mut not_utf8 = |start: usize, text: &str, detail| {
            let end = start + text.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
            problems.push(Problem {
                kind: ProblemKind::InvalidUtf8,
                span: Span::new(start, end),
                related: None,
                detail,
            });
        };
        let text = if let Some(text) = utf16(&bytes) {
            not_utf8(0, &text, "the file is UTF-16, not UTF-8".to_owned());
            text
        } else {
            String::from_utf8(bytes).unwrap_or_else(|error| {
                let at = error.utf8_error().valid_up_to();
                let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
                not_utf8(at, &text, format!("byte {at} (0x{:02x}) is not UTF-8", error.as_bytes()[at]));
                text
            })
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
        Self { text, lines: OnceLock::new() }
    }

    fn lines(&self) -> &Lines {
        self.lines.get_or_init(|| Lines::of(&self.text))
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

    /// The least span of whole characters that holds this one.
    pub(crate) fn whole_characters(&self, span: Span) -> Span {
        let mut start = span.start.min(self.text.len());
        let mut end = span.end.clamp(start, self.text.len());
        while !self.text.is_char_boundary(start) {
            start -= 1;
        }
        while !self.text.is_char_boundary(end) {
            end += 1;
        }
        Span::new(start, end)
    }

    /// Line and column of a byte. Offsets past the end are taken as the end.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let starts = &self.lines().starts;
        let line = starts.partition_point(|start| *start <= offset);
        let start = starts[line - 1];
        let column = self.characters_up_to(offset) - self.characters_up_to(start) + 1;
        Position { line, column, offset }
    }

    /// The column of a byte in UTF-16 code units, from 1, as many editors and formats count.
    #[must_use]
    pub fn utf16_column(&self, offset: usize) -> usize {
        let at = self.position(offset);
        let start = self.lines().starts[at.line - 1];
        at.column + self.astral_up_to(at.offset) - self.astral_up_to(start)
    }

    fn astral_up_to(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        let Some(before) = self.lines().astral_before.get(block) else { return 0 };
        before + self.text.as_bytes()[block * BLOCK..offset].iter().filter(|byte| is_astral(**byte)).count()
    }

    fn characters_up_to(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        self.lines().characters_before[block] + characters_in(&self.text.as_bytes()[block * BLOCK..offset])
    }
}

impl Lines {
    fn of(text: &str) -> Self {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut characters = 0;
        let after_each = text.as_bytes().chunks(BLOCK).map(|block| {
            characters += characters_in(block);
            characters
        });
        let characters_before = std::iter::once(0).chain(after_each).collect();
        let mut astral_before = Vec::new();
        if !text.is_ascii() && text.bytes().any(is_astral) {
            let mut count = 0;
            astral_before.push(0);
            astral_before.extend(text.as_bytes().chunks(BLOCK).map(|block| {
                count += block.iter().filter(|byte| is_astral(**byte)).count();
                count
            }));
        }
        Self { starts, characters_before, astral_before }
    }
}

/// How many characters start in these bytes.
fn characters_in(bytes: &[u8]) -> usize {
    if bytes.is_ascii() {
        return bytes.len();
    }
    bytes.iter().filter(|byte| (**byte & 0xc0) != 0x80).count()
}

/// Whether a character starts here that takes two code units in UTF-16.
fn is_astral(byte: u8) -> bool {
    byte >= 0xf0
}

/// The text of bytes that look like UTF-16: they start with its byte-order mark, or with an ASCII character in it.
fn utf16(bytes: &[u8]) -> Option<String> {
    let (is_little, start) = match bytes {
        [0xff, 0xfe, ..] => (true, 2),
        [0xfe, 0xff, ..] => (false, 2),
        [1..=0x7f, 0, ..] => (true, 0),
        [0, 1..=0x7f, ..] => (false, 0),
        _ => return None,
    };
    let units = bytes[start..].chunks(2).map(|unit| match (is_little, unit) {
        (true, [low, high]) | (false, [high, low]) => u16::from_be_bytes([*high, *low]),
        _ => 0xfffd,
    });
    Some(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_and_characters() {
        let source = Source::new("a\r\nä€x".to_owned());
        let place = |offset| {
            let at = source.position(offset);
            (at.line, at.column)
        };
        assert_eq!(
            [place(0), place(1), place(3), place(5), place(8), place(99)],
            [(1, 1), (1, 2), (2, 1), (2, 2), (2, 3), (2, 4)]
        );
    }

    #[test]
    fn counts_utf16_code_units() {
        let line = "ä😀".repeat(BLOCK);
        let source = Source::new(format!("😀\n{line}x"));
        let column = |offset| source.utf16_column(offset);
        assert_eq!([column(0), column(4), column(5), column(7), column(11)], [1, 3, 1, 2, 4]);
        assert_eq!(column(5 + line.len()), 1 + line.encode_utf16().count());
        assert_eq!(Source::new("äx".to_owned()).utf16_column(2), 2);
    }

    #[test]
    fn decodes_utf16_and_says_so() {
        for bytes in [&b"\xff\xfe{\0}\0"[..], b"\xfe\xff\0{\0}", b"{\0}\0", b"\0{\0}"] {
            let (source, problems) = Source::from_bytes(bytes.to_vec());
            assert_eq!(source.text(), "{}");
            assert_eq!(problems.len(), 1);
            assert_eq!(problems[0].kind, ProblemKind::InvalidUtf8);
        }
    }

    #[test]
    fn names_the_first_bad_byte() {
        let (source, problems) = Source::from_bytes(b"ab\xe9c\xff".to_vec());
        assert_eq!(source.text(), "ab\u{fffd}c\u{fffd}");
        assert_eq!(problems.len(), 1);
        assert_eq!((problems[0].span, problems[0].detail.as_str()), (Span::new(2, 5), "byte 2 (0xe9) is not UTF-8"));
    }
}
