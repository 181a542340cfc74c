//! Members of a mapping taken out or put in, with the comma and the line that belong to them.

use crate::document::edit::remove_member;
use crate::document::{Document, Node, Span};
use crate::findings::Edit;

/// Takes a member out; `None` where that is not plain.
pub(crate) fn without(document: &Document, node: &Node, key: &str) -> Option<Vec<Edit>> {
    let at = node.members().iter().position(|member| member.key == key)?;
    remove_member(document.source.text(), node, at)
}

/// Puts members, as JSON texts, before the first of a mapping, each on a line of its own if that one has its own.
pub(crate) fn with(document: &Document, node: &Node, members: &[(&str, String)]) -> Option<Edit> {
    if !document.source.slice(node.span).starts_with('{') {
        return None;
    }
    let written = members.iter().map(|(key, value)| format!("\"{key}\": {value}"));
    let Some(first) = node.members().first() else {
        let all: Vec<_> = written.collect();
        let inside = Span::new(node.span.start + 1, node.span.end.checked_sub(1)?);
        return Some(Edit::new(inside, all.join(", ")));
    };
    let start = first.key_span.start;
    let before = document.source.slice(Span::new(node.span.start + 1, start));
    if !before.trim().is_empty() {
        return None;
    }
    let separator = before.rfind('\n').map_or(", ".to_owned(), |line| format!(",{}", &before[line..]));
    let text: String = written.map(|member| member + &separator).collect();
    Some(Edit::new(Span::new(start, start), text))
}
