use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::names;
use crate::dialects::peft::names::{Name, Owner};
use crate::findings::words::counted;
use crate::findings::{Report, rule};
use crate::tensors::{Kind, Tensor};

rule! {
    /// Tensors of a method are eight-bit integers.
    ///
    /// ## Why is this bad
    /// PEFT saves none like these: it has no quantised adapters. It copies the integers into its parameters as they
    /// are, without the scale by which some program divided the values, and the adapter silently computes something
    /// other than it was trained to.
    ///
    /// ## Example
    /// ```text
    /// ...q_proj.lora_A.weight    I8
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the scale is stored elsewhere, if anywhere.
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
                "{} of integers: {}; PEFT takes them for the actual values",
                counted(found().count(), "tensor"),
                names(found())
            );
            report.about_tensor(Self::INFO, first, message).help("save the adapter in a floating-point type");
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
