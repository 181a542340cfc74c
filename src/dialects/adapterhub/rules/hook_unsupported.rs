use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::{Report, rule};
use crate::python::is_true;

rule! {
    /// This base model's hooks cannot run the bottleneck adapter.
    ///
    /// ## Why is this bad
    /// Models that the adapters library reaches through its generic interface add residual and layer norm themselves,
    /// so `"original_ln_after": false` raises a `ValueError`. Phi runs feed-forward and attention in parallel and gives
    /// the adapter no residual, so a parallel adapter fails in the forward pass.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu",
    ///  "original_ln_after": false}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    HookUnsupported, Error
}

impl HookUnsupported {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(model) = &subject.model else { return };
        let Some(support) = model.support else { return };
        for config in subject.of(Method::Bottleneck).filter(|config| config.adapts_layers(Some(model))) {
            let off = config.value("original_ln_after").is_some_and(|value| !is_true(&value));
            if support.generic && off {
                let (pointer, span) = config.place_of("original_ln_after");
                report
                    .add(
                        Self::INFO,
                        pointer,
                        span,
                        format!(
                            "`original_ln_after` must be true for {} models, which always apply their layer norm after \
                             the adapter",
                            model.model_type
                        ),
                    )
                    .help("set it to true");
            }
            if support.parallel_blocks && config.is_true("is_parallel") && config.is_true("output_adapter") {
                let (pointer, span) = config.place_of("is_parallel");
                report
                    .add(
                        Self::INFO,
                        pointer,
                        span,
                        format!("{} models cannot run a parallel adapter", model.model_type),
                    )
                    .help("set it to false");
            }
        }
    }
}
