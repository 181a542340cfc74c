use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::{self, repository::InRepository};
use crate::findings::{Report, rule};

rule! {
    /// An adapter's type has no card.
    ///
    /// ## Why is this bad
    /// The Hub's scripts do not check this, but the website takes the types from the cards in `adapter_types`, and does
    /// not show adapters of any other type.
    ///
    /// ## Example
    /// ```yaml
    /// # without adapter_types/text_lang.yaml
    /// type: text_lang
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: write a card for the type.
    AdapterTypeWithoutCard, Warning
}

impl AdapterTypeWithoutCard {
    pub(super) fn check(subject: &InRepository<'_>, report: &mut Report) {
        let Some((kind, node)) = subject.own(FileKind::HubAdapter, "type") else { return };
        let repository = subject.repository;
        let is_given = repository.of(FileKind::HubType).next().is_some();
        if is_given && hub::ADAPTER_TYPES.contains(&kind) && !repository.types.contains(kind) {
            let message = format!("there is no card for the type `{kind}` in `adapter_types`");
            report.add(Self::INFO, "/type", node.span, message);
        }
    }
}
