use super::OnModel;
use crate::dialects::peft::expected::Refusal;
use crate::findings::{Report, rule};

rule! {
    /// A targeted module is of a kind that the method cannot adapt.
    ///
    /// ## Why is this bad
    /// Each method has layers for some kinds of modules: most for `torch.nn.Linear`, some for the `Conv1D` of GPT-2, for
    /// embeddings or convolutions; none for blocks or lists of modules. PEFT raises an exception at the first other one.
    ///
    /// ## Example
    /// On GPT-2, whose projections are `Conv1D`:
    /// ```json
    /// {"peft_type": "LOHA", "task_type": "CAUSAL_LM", "target_modules": ["c_attn"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: another method or other modules may be wanted.
    TargetKindUnsupported, Error
}

impl TargetKindUnsupported {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(Refusal::Unsupported { module, kind }) = subject.refusal() else { return };
        let (pointer, span) = subject.place("target_modules");
        let method = subject.subject.method_name();
        let message = format!("{method} cannot adapt `{module}`, which is of the kind `{kind}`");
        report.add(Self::INFO, pointer, span, message);
    }
}
