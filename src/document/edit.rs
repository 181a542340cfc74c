//! Changes of a text by span. Whatever they do not name stays as it is, to the byte: comments, order, indentation, line
//! ends, the spelling of numbers.

use std::ops::RangeInclusive;

use super::{Node, Span};

/// A replacement of some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What goes.
    pub span: Span,
    /// What comes.
    pub text: String,
}

impl Edit {
    /// Replaces what is in `span`.
    #[must_use]
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }

    /// Whether both cannot be made together: they share bytes, or one of them adds text where the other ends or starts,
    /// so that the order would matter.
    #[must_use]
    pub fn collides(&self, other: &Self) -> bool {
        let (a, b) = (self.span, other.span);
        if a.start == a.end || b.start == b.end {
            a.start <= b.end && b.start <= a.end
        } else {
            a.start < b.end && b.start < a.end
        }
    }
}

/// The text with all edits made, in any order given. `None` if two of them collide, or one names no whole characters of
/// this text.
#[must_use]
pub fn apply<'e>(text: &str, edits: impl IntoIterator<Item = &'e Edit>) -> Option<String> {
    let mut edits: Vec<_> = edits.into_iter().collect();
    edits.sort_by_key(|edit| edit.span);
    if edits.windows(2).any(|pair| pair[0].collides(pair[1])) {
        return None;
    }
    let mut edited = String::with_capacity(text.len() + edits.iter().map(|edit| edit.text.len()).sum::<usize>());
    let mut done = 0;
    for edit in edits {
        text.get(edit.span.start..edit.span.end)?;
        edited += text.get(done..edit.span.start)?;
        edited += &edit.text;
        done = edit.span.end;
    }
    edited += text.get(done..)?;
    Some(edited)
}

/// Takes a member out of a mapping in braces, with the comma and the line that were its own. `None` where that is not
/// plain: a mapping without braces, a missing comma, a comment beside the member.
#[must_use]
pub fn remove_member(text: &str, map: &Node, at: usize) -> Option<Vec<Edit>> {
    Some(vec![remove_run(text, map, at..=at)?])
}

/// Takes several members, given in order, out of a mapping in braces, each as [`remove_member`] does, and with all that
/// are its neighbours. Those for which that is not plain stay.
#[must_use]
pub fn remove_members(text: &str, map: &Node, doomed: &[usize]) -> Vec<Edit> {
    let runs = doomed.chunk_by(|one, next| one + 1 == *next);
    runs.filter_map(|run| remove_run(text, map, *run.first()?..=*run.last()?)).collect()
}

/// Takes out members that stand one behind the other.
fn remove_run(text: &str, map: &Node, run: RangeInclusive<usize>) -> Option<Edit> {
    let members = map.members();
    let (first, last) = (members.get(*run.start())?, members.get(*run.end())?);
    let inside = text.get(map.span.start..map.span.end)?;
    if !inside.starts_with('{') || !inside.ends_with('}') {
        return None;
    }
    for pair in members.get(run.clone())?.windows(2) {
        only_comma(text.get(pair[0].node.span.end..pair[1].key_span.start)?)?;
    }
    let (start, end) = (first.key_span.start, last.node.span.end);
    let before = run.start().checked_sub(1).map_or(map.span.start + 1, |before| members[before].node.span.end);
    let span = match members.get(run.end() + 1) {
        Some(next) => {
            let gap = text.get(end..next.key_span.start)?;
            let comma = end + only_comma(gap)? + 1;
            only_blanks_and_comma(text.get(before..start)?)?;
            let rest = text.get(comma..next.key_span.start)?;
            match (line_start(text, start), rest.find('\n')) {
                // A line of its own goes as a whole.
                (Some(line), Some(line_end)) => Span::new(line, comma + line_end + 1),
                (None, Some(_)) => Span::new(before + text[before..start].trim_end().len(), comma),
                _ => Span::new(start, next.key_span.start),
            }
        }
        None => {
            let behind = text.get(end..map.span.end - 1)?;
            let gap = text.get(before..start)?;
            if !is_blank(behind) {
                return None;
            }
            if *run.start() == 0 {
                if !is_blank(gap) {
                    return None;
                }
                Span::new(before, map.span.end - 1)
            } else {
                Span::new(before + only_comma(gap)?, end)
            }
        }
    };
    Some(Edit::new(span, ""))
}

/// Puts a member before the first one of a mapping in braces, on a line of its own if the first has one. `None` where
/// there are no braces, no members, or a comment before the first one.
#[must_use]
pub fn prepend_member(text: &str, map: &Node, key: &str, value: &str) -> Option<Edit> {
    let first = map.members().first()?;
    let gap = text.get(map.span.start..first.key_span.start)?.strip_prefix('{').filter(|gap| is_blank(gap))?;
    let gap = if gap.contains('\n') { gap } else { " " };
    let at = first.key_span.start;
    Some(Edit::new(Span::new(at, at), format!("\"{key}\": {value},{gap}")))
}

/// The place of the comma in a gap that has one comma and blanks.
fn only_comma(gap: &str) -> Option<usize> {
    let (before, after) = gap.split_once(',')?;
    (is_blank(before) && is_blank(after)).then_some(before.len())
}

fn only_blanks_and_comma(gap: &str) -> Option<()> {
    (is_blank(gap) || only_comma(gap).is_some()).then_some(())
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b'\n'))
}

/// Where the line begins, if nothing but blanks stands in it before `at`.
fn line_start(text: &str, at: usize) -> Option<usize> {
    // No farther back than the blanks: a hostile line is as long as the text.
    let start = text[..at].trim_end_matches([' ', '\t', '\r']).len();
    text[..start].ends_with('\n').then_some(start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::json;

    fn without(text: &str, at: usize) -> Option<String> {
        let (root, _) = json::parse(text);
        apply(text, &remove_member(text, &root?, at)?)
    }

    #[test]
    fn a_member_goes_with_its_comma() {
        let cases = [
            ("{\"a\": 1, \"b\": 2, \"c\": 3}", 0, "{\"b\": 2, \"c\": 3}"),
            ("{\"a\": 1, \"b\": 2, \"c\": 3}", 1, "{\"a\": 1, \"c\": 3}"),
            ("{\"a\": 1, \"b\": 2, \"c\": 3}", 2, "{\"a\": 1, \"b\": 2}"),
            ("{ \"a\": 1 }", 0, "{}"),
            ("{\r\n\t\"a\": 1,\r\n\t\"b\": 2\r\n}", 0, "{\r\n\t\"b\": 2\r\n}"),
            ("{\r\n\t\"a\": 1,\r\n\t\"b\": 2\r\n}", 1, "{\r\n\t\"a\": 1\r\n}"),
            ("{\n  \"a\": 1, \"b\": 2,\n  \"c\": 3\n}", 1, "{\n  \"a\": 1,\n  \"c\": 3\n}"),
            ("{\n  \"a\": [\n    1\n  ],\n  \"b\": 2\n}", 0, "{\n  \"b\": 2\n}"),
        ];
        for (text, at, expected) in cases {
            assert_eq!(without(text, at).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn a_member_beside_a_comment_stays() {
        for text in ["{\"a\": 1, /* b */ \"b\": 2}", "{\"a\": 1 // a\n, \"b\": 2}", "{/* a */ \"a\": 1, \"b\": 2}"] {
            assert_eq!(without(text, 0), None, "{text}");
        }
        assert_eq!(without("{\"a\": 1 \"b\": 2}", 1), None);
    }

    #[test]
    fn several_members_go_together() {
        let without = |text: &str, doomed: &[usize]| {
            let (root, _) = json::parse(text);
            apply(text, &remove_members(text, &root?, doomed))
        };
        let lines = "{\n  \"a\": 1,\n  \"b\": 2,\n  \"c\": 3,\n  \"d\": 4\n}";
        let cases = [
            ("{\"a\": 1, \"b\": 2, \"c\": 3}", vec![0, 2], "{\"b\": 2}"),
            ("{\"a\": 1, \"b\": 2, \"c\": 3}", vec![1, 2], "{\"a\": 1}"),
            ("{\"a\": 1, \"b\": 2, \"c\": 3}", vec![0, 1, 2], "{}"),
            (lines, vec![0, 1, 3], "{\n  \"c\": 3\n}"),
            (lines, vec![2, 3], "{\n  \"a\": 1,\n  \"b\": 2\n}"),
            ("{\"a\": 1, \"b\": 2, /* c */ \"c\": 3, \"d\": 4}", vec![0, 2], "{\"b\": 2, /* c */ \"c\": 3, \"d\": 4}"),
            ("{\"a\": 1, /* b */ \"b\": 2, \"c\": 3}", vec![0, 1], "{\"a\": 1, /* b */ \"b\": 2, \"c\": 3}"),
        ];
        for (text, doomed, expected) in cases {
            assert_eq!(without(text, &doomed).as_deref(), Some(expected), "{text} {doomed:?}");
        }
    }

    #[test]
    fn a_member_comes_first() {
        for (text, expected) in [
            ("{\"r\": 8}", "{\"architecture\": \"lora\", \"r\": 8}"),
            ("{\n\t\"r\": 8\n}", "{\n\t\"architecture\": \"lora\",\n\t\"r\": 8\n}"),
        ] {
            let (root, _) = json::parse(text);
            let edit = prepend_member(text, &root.expect("it is an object"), "architecture", "\"lora\"");
            assert_eq!(edit.and_then(|edit| apply(text, [&edit])).as_deref(), Some(expected));
        }
    }

    #[test]
    fn edits_that_collide_are_refused() {
        let edit = |start, end, text| Edit::new(Span::new(start, end), text);
        assert_eq!(apply("abcd", &[edit(2, 3, "C"), edit(0, 2, "")]).as_deref(), Some("Cd"));
        assert_eq!(apply("abcd", &[edit(0, 2, ""), edit(1, 3, "")]), None);
        assert_eq!(apply("abcd", &[edit(1, 1, "x"), edit(1, 1, "y")]), None);
        assert_eq!(apply("abcd", &[edit(1, 1, "x"), edit(1, 2, "y")]), None);
        assert_eq!(apply("ä", &[edit(1, 2, "")]), None);
        assert_eq!(apply("a", &[edit(1, 2, "")]), None);
    }
}
