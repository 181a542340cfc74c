use crate::dialects::peft::PeftType::{
    self, Adalora, AdaptionPrompt, Cartridge, Cpt, MultitaskPromptTuning, PTuning, Poly, PrefixTuning, PromptTuning,
    TrainableTokens,
};
use crate::dialects::peft::Subject;
use crate::document::Member;
use crate::findings::{Report, rule};

rule! {
    /// A key without which PEFT cannot build the adapter.
    ///
    /// ## Why is this bad
    /// The default of such a key is null, from which nothing can be built: PEFT raises a `ValueError` or Python a
    /// `TypeError`, often without naming the key. Methods with virtual tokens also need a task, since it decides which
    /// model they wrap, and one that they support: CPT supports CAUSAL_LM only, and a multitask prompt is not told the
    /// task of a text for FEATURE_EXTRACTION and QUESTION_ANS.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "PROMPT_TUNING", "task_type": "CAUSAL_LM"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows the value.
    PeftKeyMissing, Error
}

/// Methods, and the keys that a config of theirs must have.
const REQUIRED: [(PeftType, &[&str]); 10] = [
    (Adalora, &["total_step"]),
    (AdaptionPrompt, &["adapter_len", "adapter_layers"]),
    (Cartridge, &["num_virtual_tokens", "task_type"]),
    (MultitaskPromptTuning, &["num_virtual_tokens", "task_type"]),
    (PTuning, &["num_virtual_tokens", "task_type"]),
    (Poly, &["task_type"]),
    (PrefixTuning, &["num_virtual_tokens", "task_type"]),
    (PromptTuning, &["num_virtual_tokens", "task_type"]),
    (Cpt, &["task_type"]),
    (TrainableTokens, &["token_indices"]),
];

impl PeftKeyMissing {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some((method, keys)) = REQUIRED.iter().find(|(method, _)| subject.is(*method)) else { return };
        for key in *keys {
            let message = match subject.written(key) {
                None => format!("{method} needs `{key}`, which is missing"),
                Some(member) if *key == "task_type" && member.node.is_null() => {
                    format!("{method} needs `{key}`, which is null")
                }
                Some(member) if *method == Cpt && member.node.as_str() != Some("CAUSAL_LM") => {
                    format!("{method} supports only the `{key}` CAUSAL_LM; PEFT raises a `ValueError`")
                }
                Some(member) if is_without_tasks(*method, member) => {
                    format!(
                        "{method} must be told the task of each text, but with this `{key}` PEFT passes it none and raises a `ValueError`"
                    )
                }
                Some(_) => continue,
            };
            let place = subject.written(key).map_or(subject.root.span, |member| member.node.span);
            let pointer = subject.written(key).map_or(String::new(), |member| Subject::pointer_of(&member.key));
            report.add(Self::INFO, pointer, place, message);
        }
    }
}

/// Whether the class of a task keeps `task_ids` to itself, which the multitask prompt needs.
fn is_without_tasks(method: PeftType, member: &Member) -> bool {
    method == MultitaskPromptTuning
        && member.key == "task_type"
        && member.node.as_str().is_some_and(|task| matches!(task, "FEATURE_EXTRACTION" | "QUESTION_ANS"))
}
