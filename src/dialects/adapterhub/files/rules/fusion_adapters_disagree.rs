use super::super::facts::section::section;
use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};
use crate::python::{equal, is_true};
use crate::value::Value;

rule! {
    /// A fusion joins adapters that are not at the same places.
    ///
    /// ## Why is this bad
    /// All adapters of a fusion must agree in `mh_adapter` and `output_adapter`, or the adapters library raises a
    /// `ValueError`. If none has a bottleneck layer anywhere, as with LoRA, the fusion gets no weights, and fails when
    /// it is used.
    ///
    /// ## Example
    /// ```json
    /// {"adapters": {"adapters": {"a": "seq_bn", "l": "lora"}, "fusions": {"a,l": "static"}}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    FusionAdaptersDisagree, Error
}

impl FusionAdaptersDisagree {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(section) = section(subject) else { return };
        for fusion in section.fusions() {
            let Some(names) = fusion.adapters.filter(|names| !names.is_empty()) else { continue };
            let places = |key: &str| names.iter().map(|name| section.place(name, key)).collect::<Option<Vec<Value>>>();
            let (Some(attention), Some(output)) = (places("mh_adapter"), places("output_adapter")) else { continue };
            let differs = |places: &[Value]| places.iter().any(|place| !equal(place, &places[0]));
            let message = if differs(&attention) {
                "the adapters differ in `mh_adapter`"
            } else if differs(&output) {
                "the adapters differ in `output_adapter`"
            } else if !names.iter().any(|name| section.has_bottleneck(name))
                || !(is_true(&attention[0]) || is_true(&output[0]))
            {
                "the adapters have no bottleneck layer to fuse"
            } else {
                continue;
            };
            let finding = report.add(Self::INFO, fusion.pointer, fusion.node.span, message);
            for name in &names {
                if let Some(adapter) = section.entry("adapters", name) {
                    finding.also(adapter.node.span, "an adapter of the fusion");
                    let config = adapter.node.as_str().and_then(|config| section.entry("config_map", config));
                    if let Some(config) = config {
                        finding.also(config.node.span, "its config");
                    }
                }
            }
        }
    }
}
