//! The info cards of the Hub, AdapterHub's first index of adapters: YAML files that say where an adapter is, what it
//! was trained on and how it is built. Their keys are those of the Hub's own schemas.

pub(super) mod adapter;
pub(super) mod architecture;
mod repository;
pub(crate) mod rules;
mod structure;
pub(super) mod task;

pub use adapter::{AdapterCard, CardConfig, Dependency, DownloadFile, HubType, WholeNumber};
pub use architecture::ArchitectureCard;
pub(super) use repository::rules as repository_rules;
pub use repository::{Card, check_repository};
pub use task::{Metric, SubtaskCard, TaskCard, TypeCard};

use self::structure::Violation;
use crate::dialects::FileKind;
use crate::document::{Document, Node, Span, pointer};
use crate::findings::Report;

/// The types of adapters that the Hub's index is built for (`scripts/utils.py`, `AVAILABLE_TYPES`).
pub const ADAPTER_TYPES: [&str; 2] = ["text_task", "text_lang"];

/// The Hub's own architectures.
pub const ARCHITECTURES: [&str; 5] = ["pfeiffer", "houlsby", "pfeiffer+inv", "houlsby+inv", "lohfink-rossi-leaveout"];

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
        structure::foreign_type(self.document, span)
    }
}
