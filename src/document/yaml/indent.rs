//! Indentation inside quotes and brackets. YAML 1.2 wants lines there to be indented more than what is around them, and so
//! does the parser; PyYAML takes them as they come. Such lines are given more indentation before they are parsed, which
//! is no part of any value.

use std::borrow::Cow;

use saphyr_parser::ScanError;

/// So many times a text is changed and read again.
const MOST: usize = 64;
/// Larger texts are read as YAML 1.2 has them.
const MAX_BYTES: usize = 1 << 20;

/// A text with more indentation than it had.
pub(super) struct Indented<'a> {
    pub(super) text: Cow<'a, str>,
    /// Where spaces were put in; sorted.
    added: Vec<Added>,
    times: usize,
}

struct Added {
    /// Where, in the text as it is now.
    at: usize,
    count: usize,
    /// How many were put in before.
    before: usize,
}

impl<'a> Indented<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(text), added: Vec::new(), times: 0 }
    }

    /// A place in the text as it was.
    pub(super) fn original(&self, at: usize) -> usize {
        match self.added[..self.added.partition_point(|added| added.at < at)].last() {
            Some(added) => at - added.before - added.count.min(at - added.at),
            None => at,
        }
    }

    /// Indents what the parser does not take and PyYAML does; false if there is nothing of that kind.
    ///
    /// `at` is where the error is, and `outermost` the outermost bracket that is open there, if any.
    pub(super) fn mend(&mut self, error: &ScanError, at: usize, outermost: Option<usize>) -> bool {
        if self.times >= MOST || self.text.len() > MAX_BYTES || !error.info().starts_with("invalid indentation") {
            return false;
        }
        let rest = &self.text[at..];
        let start = if rest.starts_with(['\'', '"']) { at } else { outermost.unwrap_or(at) };
        let Some(end) = end(&self.text[start..]).map(|length| start + length) else { return false };
        let line = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let column = self.text[line..start].chars().count() + 1;
        let lines: Vec<_> = self.text[start..end].match_indices('\n').map(|(at, _)| start + at + 1).collect();
        // The end of a document is one to PyYAML, too, wherever it stands.
        let is_marker = |line: &&usize| ["---", "..."].iter().any(|marker| self.text[**line..].starts_with(marker));
        if lines.is_empty() || lines.iter().any(|line| is_marker(&line)) {
            return false;
        }
        self.indent(&lines, column);
        self.times += 1;
        true
    }

    fn indent(&mut self, lines: &[usize], column: usize) {
        let spaces = " ".repeat(column);
        let mut text = String::with_capacity(self.text.len() + lines.len() * column);
        let mut from = 0;
        for line in lines {
            text.push_str(&self.text[from..*line]);
            text.push_str(&spaces);
            from = *line;
        }
        text.push_str(&self.text[from..]);
        let moved = |at: usize| at + column * lines.partition_point(|line| *line <= at);
        let old = self.added.iter().map(|added| (moved(added.at), added.count));
        let new = lines.iter().enumerate().map(|(number, line)| (line + number * column, column));
        let mut all: Vec<_> = old.chain(new).collect();
        all.sort_unstable();
        let mut before = 0;
        let counted = all.into_iter().map(|(at, count)| {
            let added = Added { at, count, before };
            before += count;
            added
        });
        let added = counted.collect();
        (self.text, self.added) = (Cow::Owned(text), added);
    }
}

/// How long the quoted scalar, or the list or mapping in brackets, is that a text begins with.
fn end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut rest = text;
    loop {
        let first = rest.chars().next()?;
        let length = match first {
            '\'' | '"' => quoted(rest, first)?,
            '#' if text[..text.len() - rest.len()].ends_with([' ', '\n']) => rest.find('\n')?,
            _ => first.len_utf8(),
        };
        match first {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        rest = &rest[length..];
        if depth == 0 {
            return Some(text.len() - rest.len());
        }
    }
}

/// How long a quoted scalar is, with its quotes.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' if quote == '"' => _ = characters.next(),
            _ if character != quote => {}
            // Two of them are one that does not end it.
            _ if quote == '\'' && characters.peek().is_some_and(|(_, next)| *next == quote) => _ = characters.next(),
            _ => return Some(at + 1),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::document::{json, yaml};

    /// Holds the text to JSON that says the same; gives what stands at the place of each value.
    fn read<'a>(text: &'a str, same: &str) -> Vec<&'a str> {
        let (root, problems) = yaml::parse(text);
        assert!(problems.is_empty(), "{text}: {problems:?}");
        let root = root.expect("there is a value");
        let same = json::parse(same).0.expect("it is JSON");
        assert_eq!(root.to_value(), same.to_value());
        root.members().iter().map(|member| &text[member.node.span.start..member.node.span.end]).collect()
    }

    // The values are those of PyYAML 6.0.4.
    #[test]
    fn lines_in_quotes_and_brackets_begin_where_they_like() {
        let leaves = read("a: 1\nc: 'ü\ny\n\n  z'\nb: 2\n", r#"{"a": 1, "c": "ü y\nz", "b": 2}"#);
        assert_eq!(leaves, ["1", "'ü\ny\n\n  z'", "2"]);
        let text = "a:\n  - x: {\n    b: 1, # ]\n    c: \"d\ne\"\n  }\nb: [\n1,\n  2\n]\nd: \"x\n\\\"y\"\n";
        let leaves = read(text, r#"{"a": [{"x": {"b": 1, "c": "d e"}}], "b": [1, 2], "d": "x \"y"}"#);
        assert_eq!(leaves[2], "\"x\n\\\"y\"");
    }

    #[test]
    fn what_is_wrong_stays_wrong() {
        for text in ["a: 'x\n---\ny'\n", "a: 'x\ny\n", "a: [\n1\nb: 2\n", "a:\n  b: 1\n c: 2\n"] {
            assert!(!yaml::parse(text).1.is_empty(), "{text}");
        }
    }
}
