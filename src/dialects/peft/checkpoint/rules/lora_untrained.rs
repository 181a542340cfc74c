use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::names;
use crate::findings::words::counted;
use crate::findings::{Report, rule};
use crate::tensors::Tensor;

rule! {
    /// Modules whose LoRA is as it was before training: B is zero.
    ///
    /// ## Why is this bad
    /// LoRA begins with a B of zeros, so that it changes nothing; a module still in this state has no effect. Usually
    /// the wrong model was saved, or no gradient reached the module, as with activation checkpointing on a frozen
    /// input.
    ///
    /// ## Example
    /// ```text
    /// ...q_proj.lora_B.weight    all zero
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    LoraUntrained, Warning
}

impl LoraUntrained {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        let mut zero = Vec::new();
        let mut pairs = 0;
        for site in facts.sites().values() {
            // The lengths of DoRA have an effect of their own, and so has a bias that is not zero.
            let is_idle = |tensor: &Tensor<'_>| {
                tensor.name().ends_with(".bias") && facts.statistics_of(*tensor).is_some_and(|found| found.is_zero())
            };
            if !site.others.iter().all(is_idle) {
                continue;
            }
            for [_, b] in site.whole() {
                pairs += 1;
                if facts.statistics_of(b).is_some_and(|found| found.is_zero()) {
                    zero.push(b.name());
                }
            }
        }
        if let Some(first) = zero.first() {
            let of = if zero.len() == pairs {
                "every module".to_owned()
            } else {
                format!("{} of {pairs}", counted(zero.len(), "module"))
            };
            let message = format!(
                "B is all zero in {of}, as before training, so it has no effect: {}",
                names(zero.iter().copied())
            );
            report
                .about_tensor(Self::INFO, first, message)
                .help("check that the adapter was trained, and saved from the model that was");
        }
    }
}
