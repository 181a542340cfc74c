use super::quoted;
use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::repository::InRepository;
use crate::findings::{Report, nearest, rule};

rule! {
    /// An adapter depends on an adapter that has no card.
    ///
    /// ## Why is this bad
    /// The Hub's scripts do not check this. Whoever follows the dependency finds nothing to stack the adapter on.
    ///
    /// ## Example
    /// ```yaml
    /// dependencies:
    ///   - key: example-org/no-such-adapter
    /// ```
    ///
    /// ## Fix safety
    /// A similar name is only suggested.
    DependencyWithoutCard, Warning
}

impl DependencyWithoutCard {
    pub(super) fn check(subject: &InRepository<'_>, report: &mut Report) {
        if subject.place.kind != FileKind::HubAdapter {
            return;
        }
        let adapters = &subject.repository.adapters;
        let dependencies = subject.place.root.get("dependencies").map_or(&[][..], |node| node.items());
        for (at, dependency) in dependencies.iter().enumerate() {
            let Some(node) = dependency.get("key") else { continue };
            let Some(key) = node.as_str() else { continue };
            let Some((organisation, name)) = key.split_once('/').filter(|_| !key.contains('@')) else { continue };
            if adapters.contains_key(&(organisation, name)) {
                continue;
            }
            let message = format!("there is no card for an adapter `{key}`");
            let finding = report.add(Self::INFO, format!("/dependencies/{at}/key"), node.span, message);
            let keys: Vec<_> = adapters.keys().map(|(organisation, name)| format!("{organisation}/{name}")).collect();
            if let Some(meant) = nearest(key, keys.iter().map(String::as_str)) {
                finding.suggest(node.span, quoted(meant), format!("Write `{meant}`"));
            }
        }
    }
}
