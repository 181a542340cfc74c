//! Fixes of the linter, applied to a text.

use super::file::judge;
use crate::document::{Format, Span};
use crate::lint::{Edit, Finding, Fix, Options};

/// So often is a text judged anew. Each round leaves fewer flaws, or none of its fixes helps.
const ROUNDS: usize = 16;

/// The text with all safe fixes applied, again and again until there are no more; `None` if there are none at all.
pub(super) fn all_safe(text: &str, format: Format, name: &str, options: &Options) -> Option<String> {
    let mut fixed = text.to_owned();
    for _ in 0..ROUNDS {
        let findings = judge(&fixed, format, name, options).linted.findings;
        let edits = compatible(&findings);
        if edits.is_empty() {
            break;
        }
        fixed = apply(&fixed, &edits);
    }
    (fixed != text).then_some(fixed)
}

/// The edits of those safe fixes that do not overlap an earlier one's.
fn compatible(findings: &[Finding]) -> Vec<&Edit> {
    let mut taken: Vec<&Edit> = Vec::new();
    for fix in findings.iter().filter_map(|finding| finding.fix.as_ref()).filter(|fix| fix.safe) {
        let Fix { edits, .. } = fix;
        let is_free = |edit: &Edit| !taken.iter().any(|other| touch(edit.span, other.span));
        if edits.iter().all(is_free) {
            taken.extend(edits);
        }
    }
    taken.sort_by_key(|edit| edit.span);
    taken
}

fn touch(one: Span, other: Span) -> bool {
    one.start <= other.end && other.start <= one.end
}

/// A text after edits that are in order and do not overlap.
fn apply(text: &str, edits: &[&Edit]) -> String {
    let mut fixed = text.to_owned();
    for edit in edits.iter().rev() {
        if fixed.get(edit.span.start..edit.span.end).is_some() {
            fixed.replace_range(edit.span.start..edit.span.end, &edit.text);
        }
    }
    fixed
}

/// The one edit that makes the second text of the first, without what both begin and end with.
pub(super) fn difference(old: &str, new: &str) -> Edit {
    let start: usize = old.chars().zip(new.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum();
    let ends = old[start..].chars().rev().zip(new[start..].chars().rev());
    let end: usize = ends.take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum();
    Edit { span: Span::new(start, old.len() - end), text: new[start..new.len() - end].to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixes_until_nothing_is_left_to_fix() {
        let text = "{'config': {'architecture': 'lora', 'r': 8,},}";
        let fixed = all_safe(text, Format::Json, "adapter_config.json", &Options::default()).expect("it has flaws");
        assert_eq!(fixed, r#"{"config": {"architecture": "lora", "r": 8}}"#);
        assert_eq!(all_safe(&fixed, Format::Json, "adapter_config.json", &Options::default()), None);
        let edit = difference(text, &fixed);
        assert_eq!(apply(text, &[&edit]), fixed);
    }

    #[test]
    fn the_difference_is_small() {
        let edit = difference("aäb", "aöb");
        assert_eq!((edit.span, edit.text.as_str()), (Span::new(1, 3), "ö"));
        let edit = difference("aa", "aaa");
        assert_eq!((edit.span, edit.text.as_str()), (Span::new(2, 2), "a"));
    }
}
