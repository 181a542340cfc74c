use std::collections::BTreeSet;

use crate::dialects::peft::PeftType;
use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::names;
use crate::dialects::peft::names::{Name, Owner};
use crate::findings::words::counted;
use crate::findings::{Report, rule};
use crate::tensors::{Kind, Tensor};

/// The parameters of a module that is not quantized.
const PLAIN: [&str; 2] = ["weight", "bias"];

rule! {
    /// Tensors of a method are integers or truth values.
    ///
    /// ## Why is this bad
    /// PEFT saves none like these, but for places in a weight: it has no quantised adapters. It copies the integers into
    /// its parameters as they are, without the scale by which some program divided the values, and the adapter silently
    /// computes something other than it was trained to. The same happens to a module that is saved whole, such as a head,
    /// unless it is one of a quantized base model, which has bytes and their scale.
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
        // What belongs to a quantized weight stands beside it, as its scale does.
        let parents = file.iter().filter_map(|tensor| {
            let (parent, leaf) = tensor.name().rsplit_once('.')?;
            (!PLAIN.contains(&leaf)).then(|| parent.to_owned())
        });
        let scaled: BTreeSet<_> = parents.collect();
        let has_scale = |name: &str| {
            let parent = name.rsplit_once('.').map_or("", |(parent, _)| parent);
            scaled.contains(parent) || scaled.contains(name)
        };
        let is_whole_numbers = |tensor: &Tensor<'_>| match tensor.dtype().kind() {
            Kind::Signed | Kind::Unsigned | Kind::Bool => {
                let may_be_quantized = tensor.dtype().size() == 1 && has_scale(tensor.name());
                is_own(tensor.name(), begins, tensor.dtype().size() == 1, may_be_quantized)
            }
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
fn is_own(name: &str, begins: Option<&str>, is_bytes: bool, may_be_quantized: bool) -> bool {
    match Name::parse(name).owner {
        Owner::BaseLayer { .. } => false,
        Owner::Whole { path } => {
            let has = |is_one: &dyn Fn(&str) -> bool| path.split('.').any(is_one);
            let is_places = has(&|part| part.contains("indices") || part.ends_with("_size"));
            let is_of_method = begins.is_some_and(|begins| has(&|part| part.starts_with(begins)));
            // GPT-2's attention once had a mask of truth values that was called `bias`.
            let is_plain = match path.rsplit('.').next() {
                Some("weight") => true,
                leaf => leaf == Some("bias") && !is_bytes,
            };
            let is_weight = has(&|part| PLAIN.contains(&part));
            !is_places && (is_of_method || is_plain && !may_be_quantized || is_bytes && !is_weight)
        }
        Owner::Part { .. } | Owner::SharedA | Owner::SharedB | Owner::Prompt => true,
    }
}
