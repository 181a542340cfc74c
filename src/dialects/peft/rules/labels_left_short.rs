use crate::dialects::peft::Subject;
use crate::findings::{Report, rule};

rule! {
    /// Virtual tokens before the text of a token classifier, of whose labels PEFT takes no care.
    ///
    /// ## Why is this bad
    /// For CAUSAL_LM PEFT gives the virtual tokens labels of their own. For TOKEN_CLS it puts the tokens before the text and
    /// hands on the labels as they are, so that there are more predictions than labels: with labels the forward pass raises a
    /// `ValueError`, and nothing can be trained. A prefix stands in no such place, and is fine.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "PROMPT_TUNING", "task_type": "TOKEN_CLS", "num_virtual_tokens": 20}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: labels may be put before the others by hand, or the loss computed without the library.
    LabelsLeftShort, Warning
}

/// Methods whose tokens stand before the embeddings of the text.
const PROMPTS: [&str; 3] = ["MULTITASK_PROMPT_TUNING", "PROMPT_TUNING", "P_TUNING"];

impl LabelsLeftShort {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(member) = subject.written("task_type").filter(|_| PROMPTS.contains(&subject.method_name())) else { return };
        if member.node.as_str() == Some("TOKEN_CLS") {
            let message = "a token classifier with virtual tokens before its text raises a `ValueError` when it is given labels";
            report
                .add(Self::INFO, "/task_type", member.node.span, message)
                .help("use PREFIX_TUNING, or compute the loss yourself from the predictions behind the virtual tokens");
        }
    }
}
