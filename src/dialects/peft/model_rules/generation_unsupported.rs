use super::OnModel;
use crate::dialects::peft::PeftType;
use crate::findings::{Report, Severity, rule};
use crate::models::Tree;

rule! {
    /// A task that generates text, on a class of the base model that does not, or not from a text.
    ///
    /// ## Why is this bad
    /// With `task_type` CAUSAL_LM or SEQ_2_SEQ_LM, PEFT takes `prepare_inputs_for_generation` from the base model when
    /// it wraps it. A bare model, or one with a classification head, does not have it, and PEFT raises an
    /// `AttributeError`. The class is the first of `architectures` in the model's config. If the model is loaded as
    /// another class nothing is wrong, so this is a warning; it is an error if no class of the model's type generates.
    ///
    /// A class that makes a text of speech, such as Whisper's, does not take the `input_ids` that PEFT passes for these
    /// tasks: the forward pass, and so training, raises a `TypeError`. Without virtual tokens `generate` runs
    /// all the same.
    ///
    /// ## Example
    /// On a model whose config says `"architectures": ["BertModel"]`:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["query"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the file does not say which class is loaded.
    GenerationUnsupported, Warning
}

/// Ends of names of classes that transformers gives no generation.
const HEADS: [&str; 15] = [
    "EncoderModel",
    "ForAudioClassification",
    "ForAudioFrameClassification",
    "ForCTC",
    "ForImageClassification",
    "ForMaskedImageModeling",
    "ForMultipleChoice",
    "ForNextSentencePrediction",
    "ForPreTraining",
    "ForQuestionAnswering",
    "ForSemanticSegmentation",
    "ForSequenceClassification",
    "ForTokenClassification",
    "ForVideoClassification",
    "ForXVector",
];

impl GenerationUnsupported {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(member) = subject.subject.root.member("task_type") else { return };
        let is_generation = |task: &str| matches!(task, "CAUSAL_LM" | "SEQ_2_SEQ_LM");
        let Some(task) = member.node.as_str().filter(|task| is_generation(task)) else { return };
        if let Some(tree) = subject.trees.first().filter(|tree| !Tree::generates(tree.model_type)) {
            let message = format!(
                "`task_type` is {task}, but no class of the model type {} generates: PEFT raises an `AttributeError`",
                tree.model_type
            );
            let finding = report.add(Self::INFO, "/task_type", member.node.span, message);
            finding.severity = Severity::Error;
            finding.help("write the task that fits the class, or null");
            return;
        }
        let Some(class) = subject.class.as_deref() else { return };
        if subject.trees.first().is_some_and(|tree| Tree::listens(tree.model_type, class)) {
            if subject.refusal().is_none() {
                let message = format!(
                    "`task_type` is {task}, but the class {class} that the model's config names does not take the `input_ids` \
                     that PEFT passes for this task: the forward pass raises a `TypeError`"
                );
                let finding = report.add(Self::INFO, "/task_type", member.node.span, message);
                // Virtual tokens need a task, and a text to stand before.
                if !subject.subject.peft_type().is_some_and(PeftType::is_prompt) {
                    finding.help(
                        "only `generate` runs; to train such a model, write null: PEFT then passes on what it is given",
                    );
                }
            }
            return;
        }
        if generates(class) {
            return;
        }
        let message = format!(
            "`task_type` is {task}, but the model's config names the class {class}, which does not generate: for it PEFT \
             raises an `AttributeError`"
        );
        report
            .add(Self::INFO, "/task_type", member.node.span, message)
            .help("load the base model as a class that generates, or write the task that fits the class");
    }
}

/// Whether a class is a model without a head.
pub(super) fn is_bare(class: &str) -> bool {
    class.ends_with("Model") && !["HeadModel", "HeadsModel"].iter().any(|end| class.ends_with(end))
}

fn generates(class: &str) -> bool {
    !is_bare(class) && !HEADS.iter().any(|end| class.ends_with(end))
}
