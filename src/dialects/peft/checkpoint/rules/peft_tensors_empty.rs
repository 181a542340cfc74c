use crate::dialects::peft::PeftType::Osf;
use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::names;
use crate::dialects::peft::names::{Name, Owner};
use crate::findings::words::counted;
use crate::findings::{Report, Severity, rule};
use crate::python::is_true;
use crate::tensors::Tensor;

rule! {
    /// PEFT's weights have no tensors, or tensors without values.
    ///
    /// ## Why is this bad
    /// Without tensors, PEFT loads the adapter as it was initialised, which changes nothing, and only warns of missing
    /// keys; tensors without values raise a `RuntimeError` about their size. Both come from sharded training (DeepSpeed
    /// ZeRO-3, FSDP), where the process that saves may hold none of the weights. A file without tensors also comes from
    /// saving a model whose adapter was already unloaded or merged, and from passing an empty state dict. OSF passes over
    /// targets that are no linear layers, and has no tensors if that leaves none: without tensors, that is a warning.
    ///
    /// ## Example
    /// ```text
    /// base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight    [0]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: gather the weights before saving.
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
            let finding = report.about_tensor(Self::INFO, "", "the file has no tensors");
            (
                finding,
                "save the adapter before it is merged or unloaded; after sharded training, gather the weights first",
            )
        } else if let Some(first) = empty().next() {
            let message = format!("{} without values: {}", counted(count, "tensor"), names(empty()));
            let finding = report.about_tensor(Self::INFO, first, message);
            (finding, "gather the weights of all processes before saving")
        } else {
            return;
        };
        finding.help(help);
        // It passes over targets that are no linear layers, and saves nothing if that leaves none.
        let saves_more = facts.config().and_then(|config| config.get("modules_to_save")).is_some_and(is_true);
        if file.is_empty() && facts.is(Osf) && !saves_more {
            finding.severity = Severity::Warning;
        }
    }
}
