use std::collections::BTreeSet;

use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::names;
use crate::findings::{Report, rule};
use crate::python::is_true;
use crate::value::Value;

rule! {
    /// A `modules_to_save` without the tensors of the modules that it names.
    ///
    /// ## Why is this bad
    /// PEFT looks for every parameter of these modules in the weights, and raises a `KeyError`:
    /// `'base_model.model.lm_head.weight'`. The config was changed, or tensors were removed from the weights.
    ///
    /// ## Example
    /// ```text
    /// "modules_to_save": ["lm_head"]    and no base_model.model.lm_head.weight
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: without the tensors the key would have to be removed, and what was trained is lost.
    ModuleToSaveWithoutTensors, Error
}

impl ModuleToSaveWithoutTensors {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        let (Some(file), Some(config)) = (facts.file().filter(|file| !file.is_empty()), facts.config()) else { return };
        if facts.comparison().is_some() {
            return;
        }
        let entries = config.get("modules_to_save").and_then(Value::as_list).unwrap_or_default();
        if entries.is_empty() || !is_telling(facts) {
            return;
        }
        let mut entries: Vec<&str> =
            entries.iter().filter_map(Value::as_str).filter(|name| SURE.contains(name)).collect();
        let mut seen = BTreeSet::new();
        entries.retain(|name| seen.insert(*name));
        // PEFT takes whatever module's name ends so; those of its own parts do not count.
        let is_there = |entry: &str| {
            file.iter()
                .any(|tensor| tensor.name().match_indices('.').any(|(at, _)| tensor.name()[..at].ends_with(entry)))
        };
        // What is tied to another module may be kept with that one.
        let is_tied = config.get("ensure_weight_tying").is_some_and(is_true);
        if is_tied && entries.iter().any(|entry| is_there(entry)) {
            return;
        }
        entries.retain(|entry| !is_there(entry));
        if entries.is_empty() {
            return;
        }
        let message =
            format!("`modules_to_save` has {}, but there are no tensors for it", names(entries.iter().copied()));
        report.about_tensor(Self::INFO, "", message).help("use the weights that were saved with this config");
    }
}

/// The modules that all models of the kind of Llama have.
const SURE: [&str; 2] = ["lm_head", "embed_tokens"];

/// Whether the base model is sure to have those modules, by the names of its layers. PEFT passes over what the base model has
/// not.
fn is_telling(facts: &Facts<'_>) -> bool {
    let task = facts.config().and_then(|config| config.get("task_type")).and_then(Value::as_str);
    let is_llama = facts.sites().keys().any(|module| module.starts_with("model.layers."));
    is_llama && task == Some("CAUSAL_LM")
}
