//! The lines around some places, cut so that a line of a megabyte stays readable.

use std::ops::Range;

use crate::document::{Source, Span};

/// Lines up to this many bytes are shown whole.
const WHOLE_LINE: usize = 130;
/// How many bytes are kept on each side of a place in a longer line.
const CONTEXT: usize = 30;
/// More lines than this between two places are not shown together.
pub(super) const MAX_LINES: usize = 100;

/// Whole lines of a source, without the parts of long lines that are far from every place.
pub(super) struct Excerpt {
    /// The lines; `…` stands for what was cut.
    pub(super) text: String,
    /// The number of the first line, from 1.
    pub(super) first_line: usize,
    /// Whether something was cut, so that columns in the text are not those in the source.
    pub(super) is_cut: bool,
    /// Which bytes of the source were kept, and where each piece starts in the text.
    pieces: Vec<(Range<usize>, usize)>,
}

impl Excerpt {
    /// The lines from the first of some spans to the last.
    pub(super) fn around(source: &Source, spans: &[Span]) -> Self {
        let text = source.text();
        let mut places: Vec<_> =
            spans.iter().flat_map(|span| [span.start, span.end]).map(|at| floor(text, at)).collect();
        places.sort_unstable();
        places.dedup();
        let (first, last) = (places.first().copied().unwrap_or(0), places.last().copied().unwrap_or(0));
        let first_line = source.position(first).line;
        let mut excerpt = Self { text: String::new(), first_line, is_cut: false, pieces: Vec::new() };
        let mut start = text[..first].rfind('\n').map_or(0, |at| at + 1);
        loop {
            let next = text[start..].find('\n').map_or(text.len(), |at| start + at + 1);
            excerpt.line(text, start..next, &places);
            if next > last || next == text.len() {
                return excerpt;
            }
            start = next;
        }
    }

    /// Adds a line, its end included.
    fn line(&mut self, text: &str, line: Range<usize>, places: &[usize]) {
        if line.len() <= WHOLE_LINE {
            self.keep(text, line);
            return;
        }
        self.is_cut = true;
        let content = text[line.clone()].trim_end_matches(['\r', '\n']).len() + line.start;
        let near: Vec<_> = places.iter().copied().filter(|at| (line.start..=content).contains(at)).collect();
        let near = if near.is_empty() { vec![line.start] } else { near };
        let mut kept = line.start;
        for at in near {
            let from = floor(text, at.saturating_sub(CONTEXT)).max(kept);
            let to = floor(text, at.saturating_add(CONTEXT).min(content));
            if from > kept {
                self.text.push('…');
            }
            if to > from {
                self.keep(text, from..to);
                kept = to;
            }
        }
        if kept < content {
            self.text.push('…');
        }
        self.keep(text, content..line.end);
    }

    fn keep(&mut self, text: &str, bytes: Range<usize>) {
        self.pieces.push((bytes.clone(), self.text.len()));
        // C1 control characters take two bytes, as does what stands for them here, so that no place moves.
        self.text.extend(text[bytes].chars().map(|c| if ('\u{80}'..'\u{a0}').contains(&c) { '·' } else { c }));
    }

    /// Where a span of the source lies in the text.
    pub(super) fn place(&self, span: Span) -> Range<usize> {
        let start = self.offset(span.start);
        start..self.offset(span.end).max(start)
    }

    fn offset(&self, at: usize) -> usize {
        let after = self.pieces.partition_point(|(bytes, _)| bytes.start <= at);
        let offset = match after.checked_sub(1).and_then(|index| self.pieces.get(index)) {
            Some((bytes, start)) => start + at.min(bytes.end) - bytes.start,
            None => 0,
        };
        floor(&self.text, offset)
    }
}

/// The nearest character boundary at or before a byte.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_short_lines_whole() {
        let source = Source::new("a\nbcd\ne\n".to_owned());
        let excerpt = Excerpt::around(&source, &[Span::new(3, 4)]);
        assert_eq!((excerpt.text.as_str(), excerpt.first_line), ("bcd\n", 2));
        assert_eq!(excerpt.place(Span::new(3, 4)), 1..2);
    }

    #[test]
    fn cuts_long_lines_around_the_places() {
        let source = Source::new(format!("{}X{}\r\n", "ä".repeat(500), "b".repeat(500)));
        let span = Span::new(1000, 1001);
        let excerpt = Excerpt::around(&source, &[span]);
        assert!(excerpt.text.len() < 150, "{}", excerpt.text);
        assert!(excerpt.text.starts_with('…') && excerpt.text.ends_with("…\r\n"));
        assert_eq!(&excerpt.text[excerpt.place(span)], "X");
    }

    #[test]
    fn takes_places_past_the_end_and_within_characters() {
        let source = Source::new("ä".to_owned());
        let excerpt = Excerpt::around(&source, &[Span::new(1, 99)]);
        assert_eq!(excerpt.place(Span::new(1, 99)), 0..2);
    }
}
