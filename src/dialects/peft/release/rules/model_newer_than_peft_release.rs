use crate::dialects::peft::PeftType::AdaptionPrompt;
use crate::dialects::peft::release::Subject;
use crate::dialects::peft::releases::targets::before;
use crate::findings::{Report, rule};

rule! {
    /// A method that the target release cannot use on this type of model.
    ///
    /// ## Why is this bad
    /// `ADAPTION_PROMPT` replaces the model's attention with its own: for LLaMA in every release, for Mistral since
    /// 0.10.0, for GPT-2 since 0.17.0. Before, PEFT raised a `ValueError`.
    ///
    /// ## Example
    /// On GPT-2:
    /// ```json
    /// {"peft_type": "ADAPTION_PROMPT", "task_type": "CAUSAL_LM", "adapter_len": 4, "adapter_layers": 2}
    /// ```
    ///
    /// for `peft@0.16.0`.
    ///
    /// ## Fix safety
    /// There is no fix: use another method, model or release.
    ModelNewerThanPeftRelease, Error
}

impl ModelNewerThanPeftRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(kind) = subject.model.map(|model| model.model_type.as_str()) else { return };
        if !subject.is(AdaptionPrompt) || !subject.has_method() {
            return;
        }
        let (Some(before), Some(member)) =
            (before(subject.release, subject.peft_type, kind), subject.root.member("peft_type"))
        else {
            return;
        };
        let (release, until) = (subject.release, before.until);
        let message = format!("{release} cannot use ADAPTION_PROMPT on a model of type `{kind}`: it came with {until}");
        report.add(Self::INFO, "/peft_type", member.node.span, message);
    }
}
