use crate::dialects::peft::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A config without `peft_type`.
    ///
    /// ## Why is this bad
    /// `peft_type` tells PEFT which method the config is for. Without it, `PeftConfig.from_pretrained` has no class
    /// that knows the other keys and raises a `TypeError`; `PeftModel.from_pretrained` raises a `KeyError`.
    ///
    /// ## Example
    /// ```json
    /// {"task_type": "CAUSAL_LM", "target_modules": ["q_proj"], "r": 8, "lora_alpha": 16}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: several methods have the same keys.
    MissingPeftType, Error
}

impl MissingPeftType {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.root.member("peft_type").is_none() {
            let finding = report.add(
                Self::INFO,
                "",
                subject.root.span,
                "`peft_type` is missing, so PEFT does not know the method",
            );
            if subject.root.get("lora_alpha").is_some() {
                finding.help("these keys are most likely for `\"peft_type\": \"LORA\"`");
            }
        }
    }
}
