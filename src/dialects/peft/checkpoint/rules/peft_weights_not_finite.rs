use crate::dialects::peft::PeftType::Hra;
use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::names;
use crate::findings::{Report, rule};

rule! {
    /// PEFT's weights contain NaN or infinite values, or values of which NaN comes.
    ///
    /// ## Why is this bad
    /// Whatever the adapter touches becomes NaN, for every input. PEFT loads it silently. Training has diverged, or the
    /// values were too large for the type in which they were saved. HRA divides by the lengths of its vectors, so that vectors of
    /// zeros give NaN as well.
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
        Self::check_lengths(facts, report);
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

    /// HRA divides by the lengths of its vectors (`tuners/hra/layer.py`, `get_delta_weight`).
    fn check_lengths(facts: &Facts<'_>, report: &mut Report) {
        if !facts.is(Hra) {
            return;
        }
        let zero = || {
            let all = facts.statistics().iter().filter(|(tensor, found)| found.is_zero() && tensor.elements() > 0);
            all.map(|(tensor, _)| tensor.name()).filter(|name| name.ends_with(".hra_u"))
        };
        let Some(first) = zero().next() else { return };
        let message = format!("HRA divides by the lengths of its vectors, which are zero in {}", names(zero()));
        report
            .about_tensor(Self::INFO, first, message)
            .help("every output becomes NaN: check that the adapter was trained, and saved from the model that was");
    }
}
