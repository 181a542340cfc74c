use crate::dialects::peft::PeftType;
use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::names;
use crate::dialects::peft::names::{Name, Owner};
use crate::findings::words::counted;
use crate::findings::{Report, rule};
use crate::tensors::{Kind, Tensor};

rule! {
    /// Tensors of a method are integers or truth values.
    ///
    /// ## Why is this bad
    /// PEFT saves none like these, but for places in a weight: it has no quantised adapters. It copies the integers into
    /// its parameters as they are, without the scale by which some program divided the values, and the adapter silently
    /// computes something other than it was trained to.
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
        let begins = facts.method().and_then(PeftType::prefix);
        let is_whole_numbers = |tensor: &Tensor<'_>| match tensor.dtype().kind() {
            Kind::Signed | Kind::Unsigned | Kind::Bool => is_own(tensor.name(), begins, tensor.dtype().size() == 1),
            Kind::Float | Kind::Complex => false,
        };
        let found = || file.iter().filter(is_whole_numbers).map(|tensor| tensor.name());
        if let Some(first) = found().next() {
            let message = format!(
                "{} of integers or truth values: {}; PEFT takes them for the actual values",
                counted(found().count(), "tensor"),
                names(found())
            );
            report.about_tensor(Self::INFO, first, message).help("save the adapter in a floating-point type");
        }
    }
}

/// Whether a tensor is the method's own numbers. What is kept of a quantized base model may well be bytes, a module that is
/// saved whole may count in integers, and places and sizes are integers.
fn is_own(name: &str, begins: Option<&str>, is_bytes: bool) -> bool {
    match Name::parse(name).owner {
        Owner::BaseLayer { .. } => false,
        Owner::Whole { path } => {
            let has = |is_one: &dyn Fn(&str) -> bool| path.split('.').any(is_one);
            let is_places = has(&|part| part.contains("indices") || part.ends_with("_size"));
            let is_of_method = begins.is_some_and(|begins| has(&|part| part.starts_with(begins)));
            !is_places && (is_of_method || is_bytes && !has(&|part| ["weight", "bias"].contains(&part)))
        }
        Owner::Part { .. } | Owner::SharedA | Owner::SharedB | Owner::Prompt => true,
    }
}
