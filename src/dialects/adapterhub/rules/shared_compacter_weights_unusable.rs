use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// The library cannot build these shared compacter weights.
    ///
    /// ## Why is this bad
    /// `shared_W_phm` makes one weight for all layers from a single integer `reduction_factor`. A map of factors or a
    /// float raises a `TypeError`; unfactorised shared weights raise an `UnboundLocalError`, which is a bug in the
    /// adapters library.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": {"default": 16}, "non_linearity": "gelu",
    ///  "phm_layer": true, "shared_W_phm": true}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    SharedCompacterWeightsUnusable, Error
}

impl SharedCompacterWeightsUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.of(Method::Bottleneck) {
            if !config.is_true("phm_layer") || !config.is_true("shared_W_phm") {
                continue;
            }
            if !config.is_true("factorized_phm_W") {
                let (pointer, span) = config.place_of("factorized_phm_W");
                report
                    .add(
                        Self::INFO,
                        pointer,
                        span,
                        "shared compacter weights must be factorised: the library cannot build them otherwise",
                    )
                    .help("set `factorized_phm_W` to true, or `shared_W_phm` to false");
            } else if matches!(config.value("reduction_factor").as_deref(), Some(Value::Map(_) | Value::Float(_))) {
                let (pointer, span) = config.place_of("reduction_factor");
                report
                    .add(
                        Self::INFO,
                        pointer,
                        span,
                        "shared compacter weights need a single integer `reduction_factor` for all layers",
                    )
                    .help("set it to one integer, or set `shared_W_phm` to false");
            }
        }
    }
}
