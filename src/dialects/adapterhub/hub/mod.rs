//! The Hub's info cards, and a whole Hub repository.

pub mod card;
mod repository;
pub(crate) mod rules;
mod structure;

pub(super) use repository::rules as repository_rules;
pub use repository::{Card, check_repository};

use schemars::{JsonSchema, Schema, schema_for};

use self::structure::Violation;
use crate::dialects::FileKind;
use crate::document::{Document, Kind, Node, ProblemKind, Span, pointer};
use crate::lint::Report;

/// The types of adapters that the Hub's index is built for (`scripts/utils.py`, `AVAILABLE_TYPES`).
pub const ADAPTER_TYPES: [&str; 2] = ["text_task", "text_lang"];

/// The Hub's own architectures.
pub const ARCHITECTURES: [&str; 5] = ["pfeiffer", "houlsby", "pfeiffer+inv", "houlsby+inv", "lohfink-rossi-leaveout"];

/// The JSON Schema of a kind of card; `None` for any other file.
#[must_use]
pub fn schema(kind: FileKind) -> Option<Schema> {
    fn of<T: JsonSchema>() -> Option<Schema> {
        Some(schema_for!(T))
    }
    match kind {
        FileKind::HubAdapter => of::<card::AdapterCard>(),
        FileKind::HubArchitecture => of::<card::ArchitectureCard>(),
        FileKind::HubTask => of::<card::TaskCard>(),
        FileKind::HubSubtask => of::<card::SubtaskCard>(),
        FileKind::HubType => of::<card::TypeCard>(),
        _ => None,
    }
}

/// Judges one card.
pub(super) fn check(kind: FileKind, document: &Document, root: &Node, report: &mut Report) {
    rules::check_all(&CardSubject::new(kind, document, root), report);
}

/// What the rules of cards look at.
pub(crate) struct CardSubject<'a> {
    /// Which card it is.
    pub(crate) kind: FileKind,
    /// Its text.
    pub(crate) document: &'a Document,
    /// Its outermost value.
    pub(crate) root: &'a Node,
    /// Where it breaks its schema.
    violations: Vec<Violation>,
}

impl<'a> CardSubject<'a> {
    fn new(kind: FileKind, document: &'a Document, root: &'a Node) -> Self {
        Self { kind, document, root, violations: structure::violations(kind, document, root) }
    }

    /// The value under a pointer.
    pub(crate) fn at(&self, pointer: &str) -> Option<&'a Node> {
        pointer::find(self.root, pointer).map(|(node, _)| node)
    }

    /// The entries of `files`, if it is an adapter's card.
    pub(crate) fn files(&self) -> impl Iterator<Item = (String, &'a Node)> {
        let files = if self.kind == FileKind::HubAdapter { self.at("/files") } else { None };
        let items = files.map_or(&[][..], Node::items);
        items.iter().enumerate().map(|(at, file)| (format!("/files/{at}"), file))
    }

    /// What YAML makes of the value at a place, if it is a date or another thing that JSON lacks.
    pub(crate) fn foreign_type(&self, span: Span) -> Option<&'a str> {
        foreign_type(self.document, span)
    }
}

fn foreign_type(document: &Document, span: Span) -> Option<&str> {
    let found =
        document.problems.iter().find(|problem| problem.kind == ProblemKind::NoJsonType && problem.span == span);
    found.map(|problem| problem.detail.as_str())
}

/// The candidate that is most probably meant: at most a third of the letters differ.
fn nearest<'a>(written: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let fold = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
    let written = fold(written.trim());
    let distance = |candidate: &&str| strsim::osa_distance(&written, &fold(candidate));
    let best = candidates.into_iter().min_by_key(distance)?;
    (distance(&best) * 3 <= written.chars().count().max(3)).then_some(best)
}

/// Where a finding about a whole list or mapping is shown: at its first key or item.
fn opening(node: &Node) -> Span {
    match &node.kind {
        Kind::Map(members) => members.first().map_or(node.span, |member| member.key_span),
        Kind::List(items) => items.first().map_or(node.span, opening),
        Kind::Leaf(_) => node.span,
    }
}
