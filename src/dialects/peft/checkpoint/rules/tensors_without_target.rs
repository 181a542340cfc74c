use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::names;
use crate::dialects::peft::names::Name;
use crate::findings::words::counted;
use crate::findings::{Report, Severity, rule};
use crate::python::is_true;

rule! {
    /// LoRA tensors at modules that the config does not target.
    ///
    /// ## Why is this bad
    /// PEFT adds LoRA where `target_modules`, `exclude_modules`, `modules_to_save` and `layers_to_transform` say, and
    /// silently drops the tensors of all other modules: part of what was trained is not served.
    ///
    /// ## Example
    /// ```text
    /// ...v_proj.lora_A.weight    and "target_modules": ["q_proj"]
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: it is not known which of the two is right.
    TensorsWithoutTarget, Warning
}

impl TensorsWithoutTarget {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        // Which layers share a weight with what is meant is for the model to say.
        let is_tied = facts.config().and_then(|config| config.get("ensure_weight_tying")).is_some_and(is_true);
        if facts.comparison().is_some() || is_tied {
            return;
        }
        let Some(targets) = facts.targets() else { return };
        let dropped = facts.sites().iter().filter(|(module, _)| targets.matches(module) == Ok(Some(false)));
        let dropped: Vec<_> =
            dropped.flat_map(|(_, site)| site.pairs().flatten().flatten()).map(|tensor| tensor.name()).collect();
        // Names that begin otherwise, or have an adapter's in them, are told as such.
        let dropped: Vec<_> = dropped.into_iter().filter(|name| Name::parse(name).wrapped).collect();
        let Some(first) = dropped.first() else { return };
        let message = format!(
            "{} at modules that the config does not target, which PEFT drops: {}",
            counted(dropped.len(), "tensor"),
            names(dropped.iter().copied()),
        );
        let finding = report.about_tensor(Self::INFO, first, message);
        finding.help("use the config that was saved with these weights");
        if facts.sites().keys().all(|module| targets.matches(module) == Ok(Some(false))) {
            finding.severity = Severity::Error;
        }
    }
}
