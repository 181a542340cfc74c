//! Places in a text, as the protocol counts them: lines from 0, and in them the units of an encoding.

use gen_lsp_types::{Position, Range};

use crate::document::Span;

/// What a character's place in its line is counted in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes.
    Utf8,
    /// Units of sixteen bits, which every client knows.
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// The units that begin with this byte of UTF-8.
    fn units(self, byte: u8) -> usize {
        match self {
            Self::Utf8 => 1,
            Self::Utf16 => usize::from(byte & 0xc0 != 0x80) + usize::from(byte >= 0xf0),
            Self::Utf32 => usize::from(byte & 0xc0 != 0x80),
        }
    }

    fn width(self, c: char) -> usize {
        match self {
            Self::Utf8 => c.len_utf8(),
            Self::Utf16 => c.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

/// Bytes between two counts of units, so that a place in a line of a megabyte is found without counting through it.
const BLOCK: usize = 1024;

/// Where the lines of a text are. All places past an end are taken as that end.
#[derive(Debug)]
pub(super) struct Lines {
    encoding: Encoding,
    starts: Vec<usize>,
    units_before: Vec<usize>,
}

impl Lines {
    /// The lines of a text. They end with `\n`, `\r\n` or `\r`, as the protocol has it.
    pub(super) fn new(text: &str, encoding: Encoding) -> Self {
        let bytes = text.as_bytes();
        let ends = bytes.iter().enumerate().filter(|(at, byte)| match byte {
            b'\n' => true,
            b'\r' => bytes.get(at + 1) != Some(&b'\n'),
            _ => false,
        });
        let starts = std::iter::once(0).chain(ends.map(|(at, _)| at + 1)).collect();
        let mut units = 0;
        let after_each = bytes.chunks(BLOCK).map(|block| {
            units += block.iter().map(|byte| encoding.units(*byte)).sum::<usize>();
            units
        });
        let units_before = std::iter::once(0).chain(after_each).collect();
        Self { encoding, starts, units_before }
    }

    /// The place of a byte.
    pub(super) fn position(&self, text: &str, offset: usize) -> Position {
        let offset = floor(text, offset);
        let line = self.starts.partition_point(|start| *start <= offset) - 1;
        let character = self.units_up_to(text, offset) - self.units_up_to(text, self.starts[line]);
        Position { line: small(line), character: small(character) }
    }

    /// The place of a span.
    pub(super) fn range(&self, text: &str, span: Span) -> Range {
        Range { start: self.position(text, span.start), end: self.position(text, span.end.max(span.start)) }
    }

    /// The byte at a place.
    pub(super) fn offset(&self, text: &str, position: Position) -> usize {
        let line = position.line as usize;
        let Some(start) = self.starts.get(line).copied() else { return text.len() };
        let line_end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        let end = start + text[start..line_end].trim_end_matches(['\n', '\r']).len();
        let wanted = self.units_up_to(text, start).saturating_add(position.character as usize);
        let block = self.units_before.partition_point(|units| *units <= wanted).saturating_sub(1);
        // The last block may end behind the text; the end of a line is no inside of a character.
        let mut at = (block * BLOCK).clamp(start, end);
        while !text.is_char_boundary(at) {
            at += 1;
        }
        let mut units = self.units_up_to(text, at);
        for c in text[at..end].chars() {
            units += self.encoding.width(c);
            if units > wanted {
                break;
            }
            at += c.len_utf8();
        }
        at
    }

    /// The bytes of a range; a reversed one is empty.
    pub(super) fn span(&self, text: &str, range: Range) -> Span {
        let start = self.offset(text, range.start);
        Span::new(start, self.offset(text, range.end).max(start))
    }

    fn units_up_to(&self, text: &str, offset: usize) -> usize {
        let block = offset / BLOCK;
        let rest = &text.as_bytes()[block * BLOCK..offset];
        self.units_before[block] + rest.iter().map(|byte| self.encoding.units(*byte)).sum::<usize>()
    }
}

/// The last boundary of characters that is not behind an offset.
fn floor(text: &str, offset: usize) -> usize {
    (0..=offset.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_in_each_encoding() {
        let text = "a\r\nä𝒳x\rb";
        let at = |encoding, offset| {
            let Position { line, character } = Lines::new(text, encoding).position(text, offset);
            (line, character)
        };
        let x = text.find('x').expect("it is there");
        assert_eq!(at(Encoding::Utf8, x), (1, 6));
        assert_eq!(at(Encoding::Utf16, x), (1, 3));
        assert_eq!(at(Encoding::Utf32, x), (1, 2));
        assert_eq!(at(Encoding::Utf16, text.len()), (2, 1));
        assert_eq!(at(Encoding::Utf16, x - 2), (1, 1), "the inside of a character is its start");
        let lines = Lines::new(text, Encoding::Utf16);
        let offset = |line, character| lines.offset(text, Position { line, character });
        assert_eq!([offset(0, 9), offset(1, 2), offset(1, 99), offset(9, 0)], [1, 5, x + 1, text.len()]);
    }

    proptest! {
        #[test]
        fn there_and_back(text in "([a-zä€𝒳\r\n]{0,40}|[aé\n]{1000,3000})", encoding in 0..3) {
            let encoding = [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32][encoding as usize];
            let lines = Lines::new(&text, encoding);
            for (offset, _) in text.char_indices().step_by(7) {
                let inside_line_end = text[..offset].ends_with('\r') && text[offset..].starts_with('\n');
                if !inside_line_end {
                    prop_assert_eq!(lines.offset(&text, lines.position(&text, offset)), offset);
                }
            }
        }
    }
}
