use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::names;
use crate::findings::{Report, rule};

rule! {
    /// PEFT's weights contain NaN or infinite values.
    ///
    /// ## Why is this bad
    /// Whatever the adapter touches becomes NaN, for every input. PEFT loads it silently. Training has diverged, or the
    /// values were too large for the type in which they were saved.
    ///
    /// ## Example
    /// ```text
    /// base_model.model.model.layers.0.self_attn.q_proj.lora_B.weight: 1 NaN
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: take an earlier checkpoint.
    PeftWeightsNotFinite, Error
}

impl PeftWeightsNotFinite {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        let flawed = || facts.statistics().iter().filter(|(_, found)| found.nan + found.infinite > 0);
        let Some((first, _)) = flawed().next() else { return };
        let (nan, infinite) =
            flawed().fold((0, 0), |(nan, infinite), (_, found)| (nan + found.nan, infinite + found.infinite));
        let shown = names(flawed().map(|(tensor, _)| tensor.name()));
        let message = format!("{nan} NaN and {infinite} infinite values, in {shown}");
        report
            .about_tensor(Self::INFO, first.name(), message)
            .help("take a checkpoint from before the training diverged");
    }
}
