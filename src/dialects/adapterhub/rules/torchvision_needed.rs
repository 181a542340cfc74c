use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::{Report, rule};

rule! {
    /// The config sets a stochastic depth, for which the library needs another package.
    ///
    /// ## Why is this bad
    /// For a `stochastic_depth` above 0 the adapters library uses a module of torchvision, which it does not install
    /// itself. Where torchvision is missing, adding the adapter raises an `ImportError`, even on a server that only
    /// runs inference, where the key has no effect.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 96, "non_linearity": "gelu",
    ///  "stochastic_depth": 0.1}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    TorchvisionNeeded, Note
}

impl TorchvisionNeeded {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.of(Method::Bottleneck).filter(|config| config.adapts_layers(subject.model.as_ref())) {
            let depth = config.value("stochastic_depth").and_then(|depth| depth.as_f64());
            if depth.is_some_and(|depth| depth > 0.0 && depth <= 1.0) {
                let (pointer, span) = config.place_of("stochastic_depth");
                report
                    .add(
                        Self::INFO,
                        pointer,
                        span,
                        "a `stochastic_depth` above 0 needs the package torchvision wherever the adapter is loaded",
                    )
                    .help("install torchvision too, or set `stochastic_depth` to 0.0 once the adapter is trained");
            }
        }
    }
}
