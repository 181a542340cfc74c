//! YAML 1.1's merge keys.

use std::collections::HashSet;

use crate::document::{Kind, Member, Span};

/// Puts what plain `<<` keys name in their place, behind the keys that are written out. `Err` is the place of a value
/// that cannot be merged.
pub(super) fn merge(text: &str, members: &mut Vec<Member>) -> Result<(), Span> {
    let is_merge =
        |member: &Member| member.key == "<<" && text.get(member.key_span.start..member.key_span.end) == Some("<<");
    if !members.iter().any(is_merge) {
        return Ok(());
    }
    let (merges, written): (Vec<_>, Vec<_>) = std::mem::take(members).into_iter().partition(is_merge);
    let mut known: HashSet<String> = written.iter().map(|member| member.key.clone()).collect();
    let mut merged: Vec<Member> = Vec::new();
    for merge in merges.into_iter().rev() {
        let sources = match &merge.node.kind {
            Kind::Map(_) => std::slice::from_ref(&merge.node),
            Kind::List(items) => items,
            Kind::Leaf(_) => return Err(merge.node.span),
        };
        for source in sources {
            if !source.is_map() {
                return Err(source.span);
            }
            for member in source.members() {
                if known.insert(member.key.clone()) {
                    merged.push(member.clone());
                }
            }
        }
    }
    merged.extend(written);
    *members = merged;
    Ok(())
}
