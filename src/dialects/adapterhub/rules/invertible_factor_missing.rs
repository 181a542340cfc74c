use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// An invertible adapter has no reduction factor.
    ///
    /// ## Why is this bad
    /// `inv_adapter_reduction_factor` is null by default. The adapters library divides half of the embedding size by
    /// it, so adding the adapter raises a `TypeError`.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu",
    ///  "inv_adapter": "nice"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix; the papers use 2.
    InvertibleFactorMissing, Error
}

impl InvertibleFactorMissing {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.of(Method::Bottleneck).filter(|config| config.is_true("inv_adapter")) {
            if config.value("inv_adapter_reduction_factor").as_deref() != Some(&Value::Null) {
                continue;
            }
            // The old nested key has a rule of its own.
            if config
                .written("invertible_adapter")
                .is_some_and(|old| old.node.is_map() && !old.node.members().is_empty())
            {
                continue;
            }
            let odd = config.odd_one(&["inv_adapter", "inv_adapter_reduction_factor"]);
            let (pointer, span) = config.place_of(odd);
            let finding =
                report.add(Self::INFO, pointer, span, "an invertible adapter needs an `inv_adapter_reduction_factor`");
            finding.help("set `inv_adapter_reduction_factor`; the papers use 2");
            let other = if odd == "inv_adapter" { "inv_adapter_reduction_factor" } else { "inv_adapter" };
            if let Some(other) = config.written(other) {
                finding.also(other.node.span, "conflicts with this");
            }
        }
    }
}
