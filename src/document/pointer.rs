//! JSON pointers (RFC 6901).

use super::{Kind, Member, Node, Span};

/// `pointer` with one more token.
#[must_use]
pub fn push(pointer: &str, token: impl std::fmt::Display) -> String {
    let token = token.to_string();
    if token.contains(['~', '/']) {
        format!("{pointer}/{}", token.replace('~', "~0").replace('/', "~1"))
    } else {
        format!("{pointer}/{token}")
    }
}

/// The tokens of a pointer, unescaped.
pub fn tokens(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer.split('/').skip(1).map(|token| token.replace("~1", "/").replace("~0", "~"))
}

/// What a pointer leads to: the value, and the member it belongs to if it is one. The empty pointer leads to `root`; any
/// other begins with a slash, or leads to nothing.
#[must_use]
pub fn find<'a>(root: &'a Node, pointer: &str) -> Option<(&'a Node, Option<&'a Member>)> {
    if !pointer.is_empty() && !pointer.starts_with('/') {
        return None;
    }
    let mut found = (root, None);
    for token in tokens(pointer) {
        found = if found.0.is_list() {
            (found.0.items().get(token.parse::<usize>().ok()?)?, None)
        } else {
            let member = found.0.member(&token)?;
            (&member.node, Some(member))
        };
    }
    Some(found)
}

/// The pointer of the innermost value that holds a place.
#[must_use]
pub fn at(root: &Node, span: Span) -> String {
    let mut pointer = String::new();
    let mut node = root;
    while let Some((index, inner)) = child_at(node, span) {
        if span.start >= inner.span.end {
            break;
        }
        pointer = match node.members().get(index) {
            Some(member) => push(&pointer, &member.key),
            None => push(&pointer, index),
        };
        node = inner;
    }
    pointer
}

/// The mapping and the index in it of the member whose key stands at a place.
#[must_use]
pub fn member_at(root: &Node, key: Span) -> Option<(&Node, usize)> {
    let mut node = root;
    loop {
        let (index, inner) = child_at(node, key)?;
        if node.members().get(index).is_some_and(|member| member.key_span == key) {
            return Some((node, index));
        }
        node = inner;
    }
}

/// The last item or member that starts before a place ends.
fn child_at(node: &Node, span: Span) -> Option<(usize, &Node)> {
    let index = match &node.kind {
        Kind::Leaf(_) => None,
        Kind::List(items) => items.partition_point(|item| item.span.start <= span.start).checked_sub(1),
        Kind::Map(members) => members.partition_point(|member| member.key_span.start <= span.start).checked_sub(1),
    }?;
    let inner = if let Some(member) = node.members().get(index) { &member.node } else { &node.items()[index] };
    Some((index, inner))
}
