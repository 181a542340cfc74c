use super::super::facts::fusion::adapters;
use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A fusion has a single adapter, or names an adapter more than once.
    ///
    /// ## Why is this bad
    /// AdapterFusion weighs adapters against each other. With one adapter the weight is always 1.
    ///
    /// ## Example
    /// ```json
    /// {"name": "a", "adapter_names": ["a"], "config": "static"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows which adapters were fused.
    FusionOfOne, Warning
}

impl FusionOfOne {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(names) = adapters(subject) else { return };
        let mut distinct = names.clone();
        distinct.sort();
        distinct.dedup();
        let key = if subject.root.get("adapter_names").is_some() { "adapter_names" } else { "name" };
        let message = match (names.len(), distinct.len()) {
            (1, _) => format!("only the adapter \"{}\" is fused", names[0]),
            (named, distinct) if distinct < named => "an adapter is named twice".to_owned(),
            _ => return,
        };
        if let Some(node) = subject.root.get(key) {
            report.add(Self::INFO, format!("/{key}"), node.span, message);
        }
    }
}
