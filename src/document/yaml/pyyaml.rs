//! Texts that YAML 1.2 allows and PyYAML does not.

use crate::document::{Problem, ProblemKind, Span};

/// The first character that PyYAML's reader refuses anywhere, even in a comment.
pub(super) fn refused_character(text: &str) -> Option<Problem> {
    let printable = |c: char| {
        matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}')
            || c >= '\u{10000}'
    };
    let (at, c) = text.char_indices().find(|(_, c)| !printable(*c))?;
    Some(Problem {
        kind: ProblemKind::Syntax,
        span: Span::new(at, at + c.len_utf8()),
        related: None,
        detail: format!("the character U+{:04X} is not allowed in YAML", u32::from(c)),
    })
}

/// The first tab before `end` that is neither in a quoted scalar or block scalar (`opaque`, in order) nor in a
/// comment: PyYAML takes only spaces between tokens, and in a plain scalar.
pub(super) fn refused_tab(text: &str, opaque: &[Span], end: usize) -> Option<Problem> {
    let mut opaque = opaque.iter().peekable();
    let mut in_comment = false;
    let mut after_space = true;
    for (at, byte) in text.bytes().enumerate().take(end) {
        while opaque.peek().is_some_and(|span| span.end <= at) {
            opaque.next();
        }
        if opaque.peek().is_some_and(|span| span.start <= at) {
            (in_comment, after_space) = (false, false);
            continue;
        }
        match byte {
            b'\n' | b'\r' => (in_comment, after_space) = (false, true),
            b'#' if after_space => in_comment = true,
            b'\t' if !in_comment => {
                return Some(Problem {
                    kind: ProblemKind::Syntax,
                    span: Span::new(at, at + 1),
                    related: None,
                    detail: "PyYAML does not accept a tab here, only spaces".to_owned(),
                });
            }
            _ => after_space = byte == b' ',
        }
    }
    None
}
