//! An object of a file, with the keys that the library reads of it.

use super::keys::Key;
use crate::document::{Node, Span};

/// What becomes of keys that are not in an object's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Others {
    /// Someone else reads them.
    Foreign,
    /// Nothing reads them.
    Ignored,
    /// The library's constructor raises a `TypeError`.
    Refused,
}

/// An object and its keys. The node may be of another type: that is a flaw too.
#[derive(Debug)]
pub(in super::super) struct Object<'a> {
    /// In words.
    pub(in super::super) what: String,
    pub(in super::super) node: &'a Node,
    pub(in super::super) pointer: String,
    pub(in super::super) keys: &'static [Key],
    pub(in super::super) others: Others,
    /// Whether the object itself is missing; the node is then the one that lacks it.
    pub(in super::super) is_absent: bool,
    /// The value that decides which keys the object has.
    pub(in super::super) chosen_by: Option<Span>,
}

/// An object that is there.
pub(super) fn object<'a>(
    what: impl Into<String>,
    node: &'a Node,
    pointer: String,
    keys: &'static [Key],
    others: Others,
) -> Object<'a> {
    Object { what: what.into(), node, pointer, keys, others, is_absent: false, chosen_by: None }
}
