use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::{add, counted, names};
use crate::dialects::peft::names::{Name, Owner};
use crate::findings::{Report, rule};
use crate::tensors::Tensor;

rule! {
    /// PEFT's weights have no tensors, or tensors without numbers.
    ///
    /// ## Why is this bad
    /// Without tensors PEFT loads the adapter as it was initialised, which changes nothing, and warns of missing keys only;
    /// tensors without numbers raise a `RuntimeError` about their size. Both come from training in parts (DeepSpeed ZeRO-3,
    /// FSDP), where the process that saves may hold none of the weights; a file without tensors comes also from saving a model
    /// from which the adapter was taken off again, or merged, and from a state dict that was handed over empty.
    ///
    /// ## Example
    /// ```text
    /// base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight    [0]
    /// ```
    ///
    /// ## Fix safety
    /// There is none: gather the weights before saving.
    PeftTensorsEmpty, Error
}

impl PeftTensorsEmpty {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        // What is not read is only told to differ.
        let Some(file) = facts.file().filter(|_| facts.is_read) else { return };
        // OFT and OSF have tensors without numbers at some sizes; but a vector of none in place of every tensor is not theirs.
        let is_gathered = file.iter().any(|tensor| tensor.shape() != [0]);
        let is_half = |tensor: &Tensor<'_>| matches!(Name::parse(tensor.name()).owner, Owner::Part { .. });
        let empty = || {
            let empty = file.iter().filter(|tensor| tensor.elements() == 0);
            empty.filter(|tensor| !is_gathered || is_half(tensor)).map(|tensor| tensor.name())
        };
        let count = empty().count();
        let (finding, help) = if file.is_empty() {
            let finding = add(report, Self::INFO, "", "there are no tensors in the file");
            (
                finding,
                "save the adapter before it is merged or unloaded; of training in parts, gather the weights first",
            )
        } else if let Some(first) = empty().next() {
            let message = format!("{} without numbers: {}", counted(count, "tensor"), names(empty()));
            let finding = add(report, Self::INFO, first, message);
            (finding, "gather the weights of all processes before saving")
        } else {
            return;
        };
        finding.help(help);
    }
}
