use crate::dialects::peft::Does;
use crate::dialects::peft::PeftType::Cpt;
use crate::dialects::peft::Subject;
use crate::findings::{Report, Severity, rule};
use crate::models::Tree;
use crate::value::Value;

rule! {
    /// Virtual tokens where PEFT does not extend the labels: SEQ_2_SEQ_LM on a decoder, or TOKEN_CLS.
    ///
    /// ## Why is this bad
    /// For CAUSAL_LM, PEFT gives the virtual tokens labels of their own. For TOKEN_CLS, it puts the tokens before the
    /// text and passes the labels on as they are, so that there are more predictions than labels: with labels, the
    /// forward pass raises a `ValueError`, and nothing can be trained. This is an error if the model's config names a
    /// class for token classification, unless `inference_mode` says that nothing is to be trained. For SEQ_2_SEQ_LM,
    /// PEFT does the same with the encoder's text, which is the text of the labels on a model without a separate
    /// encoder. A prefix is not put before the text, so PREFIX_TUNING is fine.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "PROMPT_TUNING", "task_type": "TOKEN_CLS", "num_virtual_tokens": 20}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: labels for the virtual tokens can be put before the others by hand, or the loss computed
    /// outside the model.
    LabelsLeftShort, Warning
}

impl LabelsLeftShort {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        // CPT makes labels for its tokens itself.
        let is_short = subject.peft_type().is_some_and(|method| method.does() == Does::Prompt && method != Cpt);
        let Some(member) = subject.written("task_type").filter(|_| is_short) else { return };
        if subject.number("num_virtual_tokens") == Some(0.0) {
            return;
        }
        match member.node.as_str() {
            Some("TOKEN_CLS") => {
                let message = "a token classifier with virtual tokens before its text raises a `ValueError` when it is given labels";
                let finding = report.add(Self::INFO, "/task_type", member.node.span, message);
                if subject.set("inference_mode").is_none() && is_token_classifier(subject) {
                    finding.severity = Severity::Error;
                }
                finding.help(
                    "use PREFIX_TUNING, or compute the loss yourself from the predictions after the virtual tokens",
                );
            }
            Some("SEQ_2_SEQ_LM") if has_one_part(subject) => {
                let message = "this model has a decoder but no encoder; with virtual tokens it raises a `ValueError` when it is given labels";
                report.add(Self::INFO, "/task_type", member.node.span, message).help("write `CAUSAL_LM`");
            }
            _ => {}
        }
    }
}

/// Whether the base model is of a known type that generates text, and of which no class has two parts: one that listens has
/// them, but is for no such task.
fn has_one_part(subject: &Subject<'_>) -> bool {
    let Some(config) = subject.model.and_then(|model| model.config.as_ref()) else { return false };
    let has_encoder = config.get("encoder_layers").is_some_and(|layers| *layers != Value::Null);
    !has_encoder && Tree::of(config, Some("CAUSAL_LM")).is_some() && Tree::of(config, Some("SEQ_2_SEQ_LM")).is_none()
}

/// Whether the base model's config names a class that classifies tokens. Another class may be loaded beside any task.
fn is_token_classifier(subject: &Subject<'_>) -> bool {
    let config = subject.model.and_then(|model| model.config.as_ref());
    let classes = config.and_then(|config| config.get("architectures")).and_then(Value::as_list).unwrap_or_default();
    classes.first().and_then(Value::as_str).is_some_and(|class| class.ends_with("ForTokenClassification"))
}
