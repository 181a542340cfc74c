use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::{Comparison, grouped, has_holder};
use crate::dialects::adapterhub::names::Container;
use crate::findings::{Report, rule};

rule! {
    /// The file contains a tensor of an adapter that the config does not require.
    ///
    /// ## Why is this bad
    /// There is no module for it, so the adapters library ignores it. It logs this at level INFO, which nobody sees by
    /// default. More was trained than is loaded: the config is not the one used in training, or the base model has
    /// fewer layers.
    ///
    /// ## Example
    /// ```text
    /// bert.encoder.layer.0.output.adapters.a.adapter_up.weight    with "leave_out": [0]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    TensorUnexpected, Warning
}

impl TensorUnexpected {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let is_told = |found: &Comparison<'_>| found.is_misnamed() || found.is_without_place();
        let Some(comparison) = subject.comparison().filter(|comparison| !is_told(comparison)) else { return };
        let is_flatness = comparison.prefixes_of_other_kind().is_some();
        let is_meant = |container| {
            let is_prefix = matches!(container, Container::Prefixes | Container::PooledPrefixes);
            !(is_prefix && is_flatness)
        };
        let own = comparison
            .beside
            .iter()
            .filter(|tensor| has_holder(**tensor).is_some_and(is_meant) && !comparison.is_of_other(tensor.name()));
        for group in grouped(own.map(|tensor| tensor.name())) {
            let message = format!("the config has no place for {}, which will not be loaded", group.counted());
            report
                .about_tensor(Self::INFO, group.first, message)
                .help("check that the config and the base model are those used in training");
        }
    }
}
