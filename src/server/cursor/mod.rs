//! What is being typed at a place: a key or a value, in which object, beside which other keys. The text may be broken
//! in any way. What is being typed is replaced by a mark, and the mark is looked for in what can be read of the text.

mod flow;
mod json;
mod yaml;

use super::expect::Step;
use crate::document::{Document, Format, Kind, Node, Span};

/// What stands in the text for what is being typed.
const MARK: &str = "__adapter_lint_cursor__";

/// What is being typed.
#[derive(Debug)]
pub(super) struct Cursor {
    /// Whether it is a key or a value.
    pub(super) what: What,
    /// The bytes that are replaced by what is chosen.
    pub(super) replaced: Span,
    /// Whether what is there begins with a quote.
    pub(super) is_quoted: bool,
    /// A blank that belongs before what is chosen.
    pub(super) blank_before: bool,
    /// Where a comma is missing before it.
    pub(super) comma_before: Option<usize>,
    /// Whether a comma is missing behind it.
    pub(super) comma_behind: bool,
    /// The text's values, with [`MARK`] for what is being typed.
    pub(super) document: Document,
    /// The way to the object of the key, or to the value.
    pub(super) path: Vec<Step>,
}

/// What may be written at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    /// A key; whether its value is there already.
    Key { has_value: bool },
    /// A value.
    Value,
}

/// A place that something is typed at, before the text around it is understood.
#[derive(Debug, Clone)]
struct Place {
    what: What,
    replaced: Span,
    is_quoted: bool,
    blank_before: bool,
    comma_before: Option<usize>,
    comma_behind: bool,
}

/// What may be typed at a byte of a text, the likelier first; nothing in comments and inside of numbers of lists.
pub(super) fn at(text: &str, format: Format, offset: usize) -> Vec<Cursor> {
    match format {
        Format::Json => json::place(text, offset).and_then(|place| json::cursor(text, place)).into_iter().collect(),
        Format::Yaml => yaml::cursors(text, offset),
    }
}

impl Place {
    /// The place in a text that has the mark.
    fn within(self, document: Document) -> Option<Cursor> {
        let mut path = Vec::new();
        let found = find(document.root.as_ref()?, &mut path)?;
        if found != matches!(self.what, What::Key { .. }) {
            return None;
        }
        let Self { what, replaced, is_quoted, blank_before, comma_before, comma_behind } = self;
        Some(Cursor { what, replaced, is_quoted, blank_before, comma_before, comma_behind, document, path })
    }
}

impl Cursor {
    /// The keys that are written in the same object.
    pub(super) fn siblings(&self) -> impl Iterator<Item = &str> {
        self.holder(&self.path).into_iter().flat_map(Node::members).map(|member| member.key.as_str())
    }

    /// The other texts in the same list.
    pub(super) fn other_items(&self) -> impl Iterator<Item = &str> {
        let list = match self.path.split_last() {
            Some((Step::Item(_), list)) => self.holder(list),
            _ => None,
        };
        list.into_iter().flat_map(Node::items).filter_map(Node::as_str)
    }

    fn holder(&self, path: &[Step]) -> Option<&Node> {
        path.iter().try_fold(self.document.root.as_ref()?, super::expect::inside)
    }
}

/// The way to the object whose key is the mark (then `true`), or to the value that is.
fn find(node: &Node, path: &mut Vec<Step>) -> Option<bool> {
    match &node.kind {
        Kind::Leaf(value) => (value.as_str() == Some(MARK)).then_some(false),
        Kind::List(items) => items.iter().enumerate().find_map(|(at, item)| {
            path.push(Step::Item(at));
            let found = find(item, path);
            if found.is_none() {
                path.pop();
            }
            found
        }),
        Kind::Map(members) => members.iter().find_map(|member| {
            if member.key == MARK {
                return Some(true);
            }
            path.push(Step::Key(member.key.clone()));
            let found = find(&member.node, path);
            if found.is_none() {
                path.pop();
            }
            found
        }),
    }
}
