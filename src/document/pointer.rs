//! JSON pointers (RFC 6901).

use super::{Member, Node};

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
