use crate::dialects::peft::PeftType::Xlora;
use crate::dialects::peft::{RELEASE, Subject};
use crate::findings::{Report, rule};

rule! {
    /// An X-LoRA whose trained classifier PEFT saves only in part.
    ///
    /// ## Why is this bad
    /// The LoRAs of an X-LoRA are named by number, and PEFT leaves out of the saved file whatever belongs to other
    /// adapters by its name: every tensor with such a number between two dots. The classifier's `layers.0` looks like
    /// that, too, whatever the LoRAs, and so does a further layer if there is a LoRA with its number. A loaded adapter
    /// has random weights in their place and silently computes something else (PEFT 0.21.2).
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "XLORA", "hidden_size": 768, "adapters": {"0": "lora-sst2", "1": "lora-mnli"}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the config is as it should be.
    ClassifierSavedInPart, Warning
}

impl ClassifierSavedInPart {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(member) = subject.written("adapters").filter(|_| subject.is(Xlora)) else { return };
        let count = member.node.members().len();
        if count == 0 {
            return;
        }
        let (layers, loras) = match count {
            1 => ("layer 0".to_owned(), "the LoRA with this number"),
            _ => (format!("layers 0 to {}, as far as they exist,", count - 1), "LoRAs with these numbers"),
        };
        let message = format!(
            "the trained classifier is not saved in full: PEFT {RELEASE} takes its {layers} for {loras}, and leaves them out"
        );
        report.add(Self::INFO, "/adapters", member.key_span, message).help(
            "save `model.base_model.internal_xlora_classifier.state_dict()` as well, and load it into the loaded adapter",
        );
    }
}
