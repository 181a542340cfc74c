use crate::dialects::beside::Beside;
use crate::dialects::peft::WEIGHTS_NAMES;
use crate::findings::{Report, rule};
use crate::python::node_is_true;

rule! {
    /// The config of a saved adapter, without weights where PEFT looks for them.
    ///
    /// ## Why is this bad
    /// `PeftModel.from_pretrained` takes `adapter_model.safetensors`, or else `adapter_model.bin`, from the folder. It
    /// does not find weights with another name, such as `model.safetensors`, nor weights in parts with an index; it
    /// then looks for the adapter on the Hub, and raises a `ValueError` where there is none of that name. `inference_mode`,
    /// which saving sets, shows that a config was saved with weights. Only folders that are named, those directly in them,
    /// and archives are checked, not files that are named or anything deeper. It is a warning, not an error: PEFT reads
    /// the config itself, and the folder may be complete before it is loaded, as weights are no part of many repositories
    /// of source text.
    ///
    /// ## Example
    /// ```text
    /// adapter_config.json          {"peft_type": "LORA", "inference_mode": true, ...}
    /// model.safetensors            which PEFT does not look for
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the weights have to be put there under the name that PEFT knows.
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
                "there are no weights beside this config; the folder cannot be loaded until `{first}` or `{second}` is there"
            );
            report
                .add(Self::INFO, "", beside.root.span, message)
                .help("put the weights there that were saved with this config");
            return;
        }
        let message = format!(
            "the folder cannot be loaded until `{first}` or `{second}` is beside this config; PEFT does not look for {}",
            Beside::told(&others)
        );
        report.add(Self::INFO, "", beside.root.span, message).help(
            "adapter weights must be saved as one file with that name; if the weights are of a whole model, the config does not belong there",
        );
    }
}
