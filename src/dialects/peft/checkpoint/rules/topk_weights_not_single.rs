use crate::dialects::peft::PeftType::Vblora;
use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::names;
use crate::findings::{Report, rule};
use crate::python::is_true;
use crate::tensors::{Dtype, Tensor};
use crate::value::Map;

/// How names end of the largest weights, which `save_only_topk_weights` saves in place of all logits.
const TOPK: &str = "_topk_weights";

rule! {
    /// VB-LoRA's largest weights, saved without the others, are in another type than float32.
    ///
    /// ## Why is this bad
    /// With `save_only_topk_weights` the file has the weights of the few vectors that count, and PEFT makes logits of them in
    /// single precision when it loads the file: beside any other type it raises a `RuntimeError` (`scatter(): Expected
    /// self.dtype to be equal to src.dtype`).
    ///
    /// ## Example
    /// ```text
    /// ...q_proj.vblora_logits_A_topk_weights    F16
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: load the adapter from where it was saved in float32.
    TopkWeightsNotSingle, Error
}

impl TopkWeightsNotSingle {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        // Without the flag PEFT does not look for them, and drops them.
        let is_meant = |config: &Map| config.get("save_only_topk_weights").is_some_and(is_true);
        let Some(file) = facts.file().filter(|_| facts.is(Vblora) && facts.config().is_some_and(is_meant)) else {
            return;
        };
        let is_other = |tensor: &Tensor<'_>| tensor.name().ends_with(TOPK) && tensor.dtype() != Dtype::F32;
        let all = || file.iter().filter(is_other);
        let Some(first) = all().next() else { return };
        let message = format!(
            "{} in place of float32, in which PEFT makes logits of them: {}; it raises a `RuntimeError`",
            first.dtype(),
            names(all().map(|tensor| tensor.name()))
        );
        report.about_tensor(Self::INFO, first.name(), message).help("save the adapter in float32");
    }
}
