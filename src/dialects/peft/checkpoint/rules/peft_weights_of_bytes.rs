use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::{add, counted, names};
use crate::dialects::peft::names::{Name, Owner};
use crate::findings::{Report, rule};
use crate::tensors::{Kind, Tensor};

rule! {
    /// Tensors of a method are integers of eight bits.
    ///
    /// ## Why is this bad
    /// PEFT saves none such: it has no quantized adapters. It copies the integers into its parameters as they are, without the scale
    /// that some program divided them by, and the adapter computes something else than it was trained to, without a word.
    ///
    /// ## Example
    /// ```text
    /// ...q_proj.lora_A.weight    I8
    /// ```
    ///
    /// ## Fix safety
    /// There is none: what they have to be multiplied by stands elsewhere, if anywhere.
    PeftWeightsOfBytes, Warning
}

impl PeftWeightsOfBytes {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        let Some(file) = facts.file().filter(|_| facts.config().is_some()) else { return };
        let is_bytes = |tensor: &Tensor<'_>| {
            matches!(tensor.dtype().kind(), Kind::Signed | Kind::Unsigned)
                && tensor.dtype().size() == 1
                && is_own(tensor.name())
        };
        let found = || file.iter().filter(is_bytes).map(|tensor| tensor.name());
        if let Some(first) = found().next() {
            let message = format!(
                "{} of integers: {}; PEFT takes them for the numbers themselves",
                counted(found().count(), "tensor"),
                names(found())
            );
            add(report, Self::INFO, first, message).help("save the adapter in a type of floating-point numbers");
        }
    }
}

/// Whether a tensor is the method's own. What is kept of a quantized base model may well be bytes, and places are integers.
fn is_own(name: &str) -> bool {
    match Name::parse(name).owner {
        Owner::BaseLayer { .. } => false,
        Owner::Whole { path } => {
            !path.split('.').any(|part| ["weight", "bias"].contains(&part)) && !path.ends_with("indices")
        }
        Owner::Part { .. } | Owner::SharedA | Owner::SharedB | Owner::Prompt => true,
    }
}
