use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// A map of reduction factors leaves some layers without a factor.
    ///
    /// ## Why is this bad
    /// A layer that is not in the map gets the factor under `default`; without `default` the adapters library raises a
    /// `KeyError` when the adapter is added.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": {"0": 8}, "non_linearity": "relu"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows the default.
    ReductionMapIncomplete, Error
}

impl ReductionMapIncomplete {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.of(Method::Bottleneck).filter(|config| config.adapts_layers(subject.model.as_ref())) {
            let Some(value) = config.value("reduction_factor") else { continue };
            let Value::Map(map) = &*value else { continue };
            if map.contains_key("default") {
                continue;
            }
            let layers = subject.model.as_ref().and_then(|model| model.layers);
            let missing = match layers {
                Some(layers) => {
                    (0..layers).find(|layer| !map.contains_key(&layer.to_string()) && !config.leaves_out(*layer))
                }
                None if map.is_empty() => Some(0),
                None => None,
            };
            let Some(missing) = missing else { continue };
            let (pointer, span) = config.heading_of("reduction_factor");
            report
                .add(
                    Self::INFO,
                    pointer,
                    span,
                    format!("layer {missing} has no reduction factor, and there is no `default`"),
                )
                .help("add \"default\", the factor for all layers that are not named");
        }
    }
}
