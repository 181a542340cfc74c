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

/// What a pointer leads to: the value, and the member it belongs to if it is one.
#[must_use]
pub fn find<'a>(root: &'a Node, pointer: &str) -> Option<(&'a Node, Option<&'a Member>)> {
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
    loop {
        let (token, inner) = match &node.kind {
            Kind::Leaf(_) => return pointer,
            Kind::List(items) => {
                let after = items.partition_point(|item| item.span.start <= span.start);
                let Some(inner) = after.checked_sub(1).and_then(|at| items.get(at)) else { return pointer };
                ((after - 1).to_string(), inner)
            }
            Kind::Map(members) => {
                let after = members.partition_point(|member| member.key_span.start <= span.start);
                let Some(member) = after.checked_sub(1).and_then(|at| members.get(at)) else { return pointer };
                (member.key.clone(), &member.node)
            }
        };
        if span.start >= inner.span.end {
            return pointer;
        }
        pointer = push(&pointer, token);
        node = inner;
    }
}
