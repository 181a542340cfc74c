use super::OnModel;
use crate::dialects::peft::PeftType::AdaptionPrompt;
use crate::dialects::peft::Subject;
use crate::dialects::peft::expected::Refusal;
use crate::findings::{Report, rule};

rule! {
    /// A method that supports only a few types of models, and not this one.
    ///
    /// ## Why is this bad
    /// `ADAPTION_PROMPT` replaces the model's attention with its own, which exists only for LLaMA, Mistral and GPT-2.
    /// For any other model PEFT raises a `ValueError`.
    ///
    /// ## Example
    /// On BERT:
    /// ```json
    /// {"peft_type": "ADAPTION_PROMPT", "adapter_len": 4, "adapter_layers": 2}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: use another method or another model.
    ModelTypeUnsupported, Error
}

impl ModelTypeUnsupported {
    /// On a model whose modules are not known here, which is none of those three.
    pub(super) fn check_type(subject: &Subject<'_>, kind: &str, report: &mut Report) {
        if let Some(member) = subject.root.member("peft_type").filter(|_| subject.is(AdaptionPrompt)) {
            let message = format!("ADAPTION_PROMPT cannot adapt a model of type `{kind}`");
            report.add(Self::INFO, Subject::pointer_of(&member.key), member.node.span, message);
        }
    }

    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(Refusal::ModelType) = subject.refusal() else { return };
        let (pointer, span) = subject.place("peft_type");
        let kind = subject.trees.first().map_or("", |tree| tree.model_type);
        let method = subject.subject.method_name();
        report.add(Self::INFO, pointer, span, format!("{method} cannot adapt a model of type `{kind}`"));
    }
}
