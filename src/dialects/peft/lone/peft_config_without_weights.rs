use crate::dialects::beside::Beside;
use crate::dialects::peft::WEIGHTS_NAMES;
use crate::findings::{Report, rule};
use crate::python::node_is_true;

rule! {
    /// The config of a saved adapter, and no weights beside it where PEFT looks for them.
    ///
    /// ## Why is this bad
    /// `PeftModel.from_pretrained` takes `adapter_model.safetensors`, or else `adapter_model.bin`, from the folder. It finds no
    /// weights of another name, such as `model.safetensors`, nor weights in parts with an index, and looks for the
    /// adapter on the Hub then, which raises an exception. That a config was saved with weights shows in `inference_mode`,
    /// which saving sets. This is told of a folder that is named, of those right in it, and of archives; not of files that
    /// are named, nor of what lies deeper.
    ///
    /// ## Example
    /// ```text
    /// adapter_config.json          {"peft_type": "LORA", "inference_mode": true, ...}
    /// model.safetensors            which PEFT does not look for
    /// ```
    ///
    /// ## Fix safety
    /// There is none: the weights have to be put there under the name that PEFT knows.
    PeftConfigWithoutWeights, Warning
}

impl PeftConfigWithoutWeights {
    pub(super) fn check(beside: &Beside<'_>, report: &mut Report) {
        let is_saved = beside.root.get("inference_mode").is_some_and(node_is_true);
        if !is_saved || WEIGHTS_NAMES.iter().any(|name| beside.has(name)) || beside.is_untold() {
            return;
        }
        let others: Vec<_> = beside.weights().collect();
        let [first, second] = WEIGHTS_NAMES;
        if others.is_empty() {
            let message = format!(
                "there are no weights beside this config: PEFT looks for `{first}` and `{second}`, and raises an exception"
            );
            report.add(Self::INFO, "", beside.root.span, message).help("put the weights there that were saved with it");
            return;
        }
        let message = format!(
            "PEFT looks for `{first}` and `{second}` beside this config, and raises an exception; it does not look for {}",
            Beside::told(&others)
        );
        report.add(Self::INFO, "", beside.root.span, message).help(
            "weights of the adapter in one file need that name, those in parts have to be saved as one; where they are of a whole model the config does not belong there",
        );
    }
}
