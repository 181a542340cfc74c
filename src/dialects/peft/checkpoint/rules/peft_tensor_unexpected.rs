use crate::dialects::peft::PeftType::{AdaptionPrompt, Lora, Shadow, Xlora};
use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::missing::MAGNITUDE;
use crate::dialects::peft::checkpoint::told::{is_stray, names};
use crate::dialects::peft::checkpoint::untaken::Untaken;
use crate::dialects::peft::repair::repair;
use crate::findings::words::counted;
use crate::findings::{Report, rule};
use crate::python::is_true;

rule! {
    /// Tensors that have no place in the base model with this config.
    ///
    /// ## Why is this bad
    /// PEFT silently drops them, so part of what was trained is not served. The config is from another run, or this is
    /// not the right base model. Weights under the base model's own names do not belong to the adapter either, and do
    /// more harm: PEFT overwrites the base model with them, which disabling the adapter does not undo. Heads, biases, and
    /// embeddings together with the output layer are not reported, since PEFT itself saves them so. Without `--model` a tensor is reported that is none of PEFT's by its name, beside others that
    /// are: it is outside of the adapted model, its name does not end as those of the method do (`lora_A.weight.absmax`), or it is a
    /// length of DoRA, without `use_dora`.
    ///
    /// ## Example
    /// ```text
    /// base_model.model.model.layers.40.self_attn.q_proj.lora_A.weight    on a model of 32 layers
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: it is not known what is right.
    PeftTensorUnexpected, Warning
}

impl PeftTensorUnexpected {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        let Some(comparison) = facts.comparison() else { return Self::tell_strays(facts, report) };
        if comparison.shift.is_some() {
            return;
        }
        let all: Vec<_> = comparison.of_base.iter().map(|tensor| tensor.name()).collect();
        if let Some(first) = all.first() {
            let which = counted(all.len(), "weight");
            let message = format!(
                "{which} of the base model itself, which PEFT overwrites, also for when the adapter is disabled: {}",
                names(all.iter().copied())
            );
            report
                .about_tensor(Self::INFO, first, message)
                .help("leave them out, or name their modules in `modules_to_save`");
        }
        let all: Vec<_> = comparison.unexpected.iter().map(|tensor| tensor.name()).collect();
        Self::tell(&all, report);
    }

    /// Without the model: what is none of PEFT's by its name.
    fn tell_strays(facts: &Facts<'_>, report: &mut Report) {
        let (Some(file), Some(method)) = (facts.file(), facts.method()) else { return };
        // Their tensors belong to no module.
        if facts.is_prompt() || matches!(method, Xlora | AdaptionPrompt | Shadow) {
            return;
        }
        let repaired = repair(Some(method), file.iter().map(|tensor| tensor.name())).unwrap_or_default();
        let untaken = Untaken::in_folder(facts).unwrap_or_default();
        // DoRA's lengths belong to a LoRA, but only to one that the config makes a DoRA.
        let is_lora =
            method == Lora && facts.config().is_some_and(|config| !config.get("use_dora").is_some_and(is_true));
        let is_length = |name: &str| is_lora && name.split('.').any(|part| part == MAGNITUDE);
        let is_stray = |name: &str| {
            untaken.is_stray(name)
                || is_length(name)
                || repaired.get(name).is_some_and(|repaired| is_stray(name, repaired))
        };
        let strays = file.iter().map(|tensor| tensor.name()).filter(|name| is_stray(name));
        Self::tell(&strays.collect::<Vec<_>>(), report);
    }

    fn tell(all: &[&str], report: &mut Report) {
        let Some(first) = all.first() else { return };
        let message = format!(
            "{} without a place, which PEFT drops: {}",
            counted(all.len(), "tensor"),
            names(all.iter().copied())
        );
        report
            .about_tensor(Self::INFO, first, message)
            .help("check that config and weights belong to the same adapter, and that this is its base model");
    }
}
