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
        // One that is not closed ends with its beginning, and a comment in it is to stay.
        let inside = document.source.slice(node.span).strip_prefix('{')?.strip_suffix('}')?;
        let start = node.span.start + 1;
        return inside.trim().is_empty().then(|| Edit::new(Span::new(start, start + inside.len()), all.join(", ")));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Format;

    #[test]
    fn members_come_into_braces_that_are_closed_and_empty() {
        let added = |text: &str| {
            let document = Document::read(text.as_bytes().to_vec(), Format::Json);
            let edit = with(&document, document.root.as_ref()?, &[("a", "1".to_owned())])?;
            Some((edit.span, edit.text))
        };
        assert_eq!(added("{ }"), Some((Span::new(1, 2), "\"a\": 1".to_owned())));
        assert_eq!(added("{\"b\": 2}"), Some((Span::new(1, 1), "\"a\": 1, ".to_owned())));
        for text in ["{", "{\n  '\"b\": 2}", "{ /* b */ }"] {
            assert_eq!(added(text), None, "{text}");
        }
    }
}
