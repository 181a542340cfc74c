use super::OnModel;
use crate::dialects::peft::expected::Refusal;
use crate::findings::{Report, rule};

rule! {
    /// No `target_modules`, and PEFT has none of its own for this type of model.
    ///
    /// ## Why is this bad
    /// Where a config has no `target_modules` PEFT takes those that it lists for the model's type. For a type that is not
    /// in the list of the method it raises a `ValueError`. (IA)³ needs `feedforward_modules` in the same way.
    ///
    /// ## Example
    /// On a vision transformer:
    /// ```json
    /// {"peft_type": "LORA", "r": 8}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: which modules to adapt is a choice.
    TargetsUnknownForModel, Error
}

impl TargetsUnknownForModel {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(Refusal::NoDefault) = subject.refusal() else { return };
        let has_targets = subject.config.get("target_modules").is_some_and(|value| *value != crate::value::Value::Null);
        let key = if has_targets { "feedforward_modules" } else { "target_modules" };
        let (pointer, span) = subject.place(key);
        let kind = subject.trees.first().map_or("", |tree| tree.model_type);
        let finding = report.add(
            Self::INFO,
            pointer,
            span,
            format!("there is no `{key}`, and PEFT has none of its own for `{kind}`"),
        );
        finding.help(if subject.subject.is("SHADOW") {
            "name the model's blocks: Shadow looks for them under `layers` or `h`".to_owned()
        } else {
            format!("the linear layers of this model are named {}", subject.linear_names())
        });
    }
}
