use super::OnModel;
use crate::findings::{Report, rule};
use crate::models::tree::Kind;
use crate::value::Value;

rule! {
    /// A `fan_in_fan_out` that contradicts the layers of the base model.
    ///
    /// ## Why is this bad
    /// The key says that a weight is stored as `[in, out]`, as in the `Conv1D` layers of GPT-2. PEFT sees the kind of
    /// each layer, corrects the key and warns; the written value has no effect.
    ///
    /// ## Example
    /// On a LLaMA, whose layers are `torch.nn.Linear`:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj"], "fan_in_fan_out": true}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the config may be for a different model.
    FanInFanOutCorrected, Warning
}

impl FanInFanOutCorrected {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(Value::Bool(written)) = subject.subject.value("fan_in_fan_out") else { return };
        let mut kinds =
            subject.modules().map(|module| module.kind).filter(|kind| matches!(kind, Kind::Linear | Kind::Conv1D));
        let Some(first) = kinds.next() else { return };
        let is_otherwise = (first == Kind::Conv1D) != written;
        if is_otherwise && kinds.all(|kind| kind == first) {
            let (pointer, span) = subject.place("fan_in_fan_out");
            let message =
                format!("the adapted layers are `{first}`, for which PEFT sets `fan_in_fan_out` to {}", !written);
            report.add(Self::INFO, pointer, span, message);
        }
    }
}
