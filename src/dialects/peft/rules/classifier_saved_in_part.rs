use crate::dialects::peft::Subject;
use crate::findings::{Report, rule};

rule! {
    /// An X-LoRA whose trained classifier PEFT saves in part only.
    ///
    /// ## Why is this bad
    /// The LoRAs of an X-LoRA are called by number, and PEFT leaves out of the saved file what belongs to other adapters by
    /// name: every tensor with such a number between two dots. `layers.0` of the classifier looks like that, too, with any
    /// LoRA, and so does a further layer if there is a LoRA of its number. A loaded adapter has random weights in their place
    /// and computes something else, without a word (PEFT 0.21.2).
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "XLORA", "hidden_size": 768, "adapters": {"0": "lora-sst2", "1": "lora-mnli"}}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: the config is as it should be.
    ClassifierSavedInPart, Warning
}

impl ClassifierSavedInPart {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(member) = subject.written("adapters").filter(|_| subject.is("XLORA")) else { return };
        let count = member.node.members().len();
        if count == 0 {
            return;
        }
        let (layers, loras) = match count {
            1 => ("layer 0".to_owned(), "the LoRA of this number"),
            _ => (format!("layers 0 to {}, as far as there are any,", count - 1), "LoRAs of these numbers"),
        };
        let message = format!(
            "the trained classifier is not saved whole: PEFT 0.21.2 takes its {layers} for {loras}, and leaves them out"
        );
        report.add(Self::INFO, "/adapters", member.key_span, message).help(
            "save `model.base_model.internal_xlora_classifier.state_dict()` as well, and load it into the loaded adapter",
        );
    }
}
