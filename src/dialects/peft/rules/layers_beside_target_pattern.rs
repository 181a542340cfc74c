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

impl LayersBesideTargetPattern {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(targets) = subject.written("target_modules").filter(|member| member.node.as_str().is_some()) else {
            return;
        };
        let Some(method) = subject.peft_type() else { return };
        let refused = [
            ("layers_to_transform", method.refuses_layers_beside_text()),
            ("layers_pattern", method.refuses_pattern_beside_text()),
        ];
        for (key, is_refused) in refused {
            let Some(member) = subject.written(key) else { continue };
            if !member.node.is_null() && is_refused {
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
