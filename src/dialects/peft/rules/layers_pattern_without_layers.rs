use crate::dialects::peft::PeftType;
use crate::dialects::peft::Subject;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// A `layers_pattern` without `layers_to_transform`.
    ///
    /// ## Why is this bad
    /// The pattern says where the layer's number stands in the name of a module; without numbers it has no meaning.
    /// Most methods raise a `ValueError` when they read the config.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "layers_pattern": "layers"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: either key may be the wrong one.
    LayersPatternWithoutLayers, Error
}

impl LayersPatternWithoutLayers {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(member) = subject.set("layers_pattern") else { return };
        let chosen = subject.value("layers_to_transform").is_some_and(|layers| layers != Value::Null);
        if !chosen && subject.peft_type().is_some_and(PeftType::refuses_pattern_alone) {
            let message = "`layers_pattern` is set, but `layers_to_transform` is not; PEFT raises a `ValueError`";
            report
                .add(Self::INFO, "/layers_pattern", member.node.span, message)
                .help("choose layers with `layers_to_transform`, or remove `layers_pattern`");
        }
    }
}
