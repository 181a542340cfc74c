use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::{self, repository::InRepository};
use crate::findings::{Report, rule};

rule! {
    /// An adapter's type has no card.
    ///
    /// ## Why is this bad
    /// The Hub's scripts do not look, but the website takes the types from the cards in `adapter_types`: it does not
    /// show what is of another type.
    ///
    /// ## Example
    /// ```yaml
    /// # without adapter_types/text_lang.yaml
    /// type: text_lang
    /// ```
    ///
    /// ## Fix safety
    /// There is none: the type's card has to be written.
    AdapterTypeWithoutCard, Warning
}

impl AdapterTypeWithoutCard {
    pub(super) fn check(subject: &InRepository<'_>, report: &mut Report) {
        let Some((kind, node)) = subject.own(FileKind::HubAdapter, "type") else { return };
        let repository = subject.repository;
        let is_given = repository.of(FileKind::HubType).next().is_some();
        if is_given && hub::ADAPTER_TYPES.contains(&kind) && !repository.types.contains(kind) {
            let message = format!("there is no card of the type `{kind}` in `adapter_types`");
            report.add(Self::INFO, "/type", node.span, message);
        }
    }
}
