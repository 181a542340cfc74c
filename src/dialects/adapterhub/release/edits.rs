//! Members of a mapping taken out or put in, with the comma and the line that belong to them.

use crate::document::{Document, Node, Span};
use crate::findings::Edit;

/// Takes a member out. `None` if more than white space and a comma stands between it and its neighbours, such as a
/// comment, or if the text is no JSON.
pub(crate) fn without(document: &Document, node: &Node, key: &str) -> Option<Edit> {
    let members = node.members();
    let at = members.iter().position(|member| member.key == key)?;
    let member = members.get(at)?;
    let inside = Span::new(member.key_span.start, member.node.span.end);
    let (span, between) = match (members.get(at + 1), at.checked_sub(1).and_then(|at| members.get(at))) {
        (Some(next), _) => {
            let span = Span::new(inside.start, next.key_span.start);
            (span, Span::new(inside.end, next.key_span.start))
        }
        (None, Some(before)) => {
            let span = Span::new(before.node.span.end, inside.end);
            (span, Span::new(before.node.span.end, inside.start))
        }
        (None, None) => (inside, Span::new(inside.end, inside.end)),
    };
    let plain = |text: &str| text.chars().all(|c| c.is_whitespace() || c == ',');
    let is_json = document.source.slice(node.span).starts_with('{');
    (is_json && plain(document.source.slice(between))).then(|| Edit { span, text: String::new() })
}

/// Puts members, as JSON texts, before the first of a mapping, each on a line of its own if that one has its own.
pub(crate) fn with(document: &Document, node: &Node, members: &[(&str, String)]) -> Option<Edit> {
    let text = document.source.slice(node.span);
    if !text.starts_with('{') {
        return None;
    }
    let written = members.iter().map(|(key, value)| format!("\"{key}\": {value}"));
    let Some(first) = node.members().first() else {
        let all: Vec<_> = written.collect();
        let inside = Span::new(node.span.start + 1, node.span.end.checked_sub(1)?);
        return Some(Edit { span: inside, text: all.join(", ") });
    };
    let start = first.key_span.start;
    let before = document.source.slice(Span::new(node.span.start + 1, start));
    let separator = match before.rfind('\n') {
        Some(line) if before.trim().is_empty() => format!(",{}", &before[line..]),
        _ => ", ".to_owned(),
    };
    let text = written.map(|member| member + &separator).collect();
    Some(Edit { span: Span::new(start, start), text })
}
