use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::{Report, rule};

rule! {
    /// Two members of a union each share parameters across all layers.
    ///
    /// ## Why is this bad
    /// Compacter keeps its shared rule, and VeRA its shared matrices, under the adapter's name in one dictionary. The
    /// one that is added last replaces the other, and the forward pass raises an `AttributeError`.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "union", "configs": [
    ///   {"mh_adapter": false, "output_adapter": true, "reduction_factor": 32, "non_linearity": "gelu", "phm_layer": true},
    ///   {"architecture": "lora", "vera_d": 0.1, "vera_b": 0.0}]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    SharedParametersCollide, Error
}

impl SharedParametersCollide {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for vera in subject.methods().filter(|config| config.union.is_some() && config.is_vera()) {
            let shares = |key: &str| {
                subject
                    .of(Method::Bottleneck)
                    .find(|c| c.union == vera.union && c.is_true("phm_layer") && c.is_true(key))
            };
            if let Some(compacter) = shares("shared_phm_rule").or_else(|| shares("shared_W_phm")) {
                report
                    .add(
                        Self::INFO,
                        &vera.pointer,
                        vera.node.span,
                        "VeRA and a compacter with shared parameters cannot be in one union",
                    )
                    .help("set `shared_phm_rule` and `shared_W_phm` to false, or use LoRA")
                    .also(compacter.node.span, "the other member");
            }
        }
    }
}
