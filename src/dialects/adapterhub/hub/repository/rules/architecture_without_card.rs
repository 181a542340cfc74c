use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::repository::InRepository;
use crate::document::pointer;
use crate::findings::{Report, nearest, rule};

rule! {
    /// An adapter uses an architecture that has no card.
    ///
    /// ## Why is this bad
    /// The Hub's `generate.py` stops with `ValueError: Unknown adapter config identifier` and builds nothing. What
    /// counts is the name in the architecture's card, not that of its file.
    ///
    /// ## Example
    /// ```yaml
    /// config:
    ///   using: pfeifer
    /// ```
    ///
    /// ## Fix safety
    /// A similar name is only suggested.
    ArchitectureWithoutCard, Error
}

impl ArchitectureWithoutCard {
    pub(super) fn check(subject: &InRepository<'_>, report: &mut Report) {
        let repository = subject.repository;
        let Some(using) = subject.place.using().filter(|_| subject.place.kind == FileKind::HubAdapter) else { return };
        let Some((node, _)) = pointer::find(subject.place.root, "/config/using") else { return };
        let is_given = repository.of(FileKind::HubArchitecture).next().is_some();
        if !is_given || using.is_empty() || repository.architectures.contains_key(using) {
            return;
        }
        let message = format!("there is no card for an architecture `{using}`");
        let finding = report.add(Self::INFO, "/config/using", node.span, message);
        if let Some(meant) = nearest(using, repository.architectures.keys().copied()) {
            finding.suggest(node.span, meant, format!("Write `{meant}`"));
        }
    }
}
