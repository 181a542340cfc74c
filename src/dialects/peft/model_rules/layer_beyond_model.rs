use super::OnModel;
use crate::document::pointer;
use crate::findings::{Report, rule};

rule! {
    /// A layer number in `layers_to_transform` that the base model does not have.
    ///
    /// ## Why is this bad
    /// PEFT compares the number with those in the names of the modules and adapts what it finds; a number that is in no
    /// name silently does nothing. Layers are counted from 0.
    ///
    /// ## Example
    /// On a model of 12 layers:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "SEQ_CLS", "target_modules": ["query"], "layers_to_transform": [10, 11, 12]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the numbers may have been counted from 1.
    LayerBeyondModel, Warning
}

impl LayerBeyondModel {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(member) = subject.subject.written("layers_to_transform") else { return };
        if !subject.is_adapted() || subject.config.get("target_modules").is_none_or(|value| value.as_list().is_none()) {
            return;
        }
        for (at, item) in member.node.items().iter().enumerate() {
            let value = item.to_value();
            let Some(number) = value.as_i64() else { continue };
            let text = number.to_string();
            let mut names = subject.trees.iter().flat_map(|tree| tree.names());
            if !names.any(|name| name.split('.').any(|part| part == text)) {
                let place = pointer::push(&pointer::push("", "layers_to_transform"), at.to_string());
                report.add(Self::INFO, place, item.span, format!("the model has no layer {number}"));
            }
        }
    }
}
