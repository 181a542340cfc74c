use crate::dialects::peft::Subject;
use crate::findings::{Report, rule};

rule! {
    /// Layer keys beside a `target_modules` that is a string.
    ///
    /// ## Why is this bad
    /// A string is a regular expression for whole names, which itself says in which layers the modules are; the layer
    /// keys are for lists of names only. PEFT raises a `ValueError` when it reads the config.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ".*q_proj", "layers_to_transform": [0, 1]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: either key may be the wrong one.
    LayersBesideTargetPattern, Error
}

/// The methods that refuse `layers_to_transform` there.
pub(in crate::dialects::peft) const REFUSE_LAYERS: [&str; 13] = [
    "ADALORA",
    "C3A",
    "DEFT",
    "DELORA",
    "FOURIERFT",
    "HIRA",
    "HRA",
    "LORA",
    "MISS",
    "PSOFT",
    "SHADOW",
    "UNILORA",
    "WAVEFT",
];
/// Those that refuse `layers_pattern`, too.
pub(in crate::dialects::peft) const REFUSE_PATTERN: [&str; 12] =
    ["ADALORA", "C3A", "DEFT", "FOURIERFT", "HIRA", "HRA", "LORA", "MISS", "PSOFT", "SHADOW", "UNILORA", "WAVEFT"];

impl LayersBesideTargetPattern {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(targets) = subject.written("target_modules").filter(|member| member.node.as_str().is_some()) else {
            return;
        };
        for (key, methods) in [("layers_to_transform", &REFUSE_LAYERS[..]), ("layers_pattern", &REFUSE_PATTERN[..])] {
            let Some(member) = subject.written(key) else { continue };
            if !member.node.is_null() && methods.contains(&subject.method_name()) {
                let message =
                    format!("`{key}` is set although `target_modules` is a string; PEFT raises a `ValueError`");
                report
                    .add(Self::INFO, Subject::pointer_of(key), member.node.span, message)
                    .also(targets.node.span, "this is a string")
                    .help("write the layers into the pattern, or make `target_modules` a list of names");
            }
        }
    }
}
