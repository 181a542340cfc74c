use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::names;
use crate::dialects::peft::expected::condensed::MANY_TARGETS;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// An entry of `target_modules` for which there is no tensor in the weights.
    ///
    /// ## Why is this bad
    /// PEFT adds LoRA to these modules and leaves it as initialised: without effect. Either the weights are incomplete,
    /// or the config names what was never trained. PEFT only warns of missing keys.
    ///
    /// ## Example
    /// ```text
    /// "target_modules": ["q_proj", "k_proj"]    and no tensor of any k_proj
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: it is not known which of the two is right.
    TargetWithoutTensors, Warning
}

impl TargetWithoutTensors {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        // With the model it is known which modules the entries mean.
        if facts.comparison().is_some() || facts.sites().is_empty() || facts.targets().is_none() || excludes(facts) {
            return;
        }
        let listed = facts.config().and_then(|config| config.get("target_modules")).and_then(Value::as_list);
        let is_served = |name: &str| {
            facts
                .sites()
                .keys()
                .any(|module| module.strip_suffix(name).is_some_and(|path| path.is_empty() || path.ends_with('.')))
        };
        let unserved: Vec<_> =
            listed.unwrap_or_default().iter().filter_map(Value::as_str).filter(|name| !is_served(name)).collect();
        // Where not one of them is served, the names in the file are not as they should be.
        if unserved.is_empty() || unserved.len() == listed.map_or(0, <[Value]>::len) {
            return;
        }
        let message =
            format!("`target_modules` has {}, for which there are no tensors", names(unserved.iter().copied()));
        report
            .about_tensor(Self::INFO, "", message)
            .help("if the base model is named, its modules that lack tensors are told");
    }
}

/// Whether entries may be kept out on purpose: by `exclude_modules`, or because a module is saved whole, as heads are. Of whole
/// names PEFT makes ends where they are many, and then goes by layers.
fn excludes(facts: &Facts<'_>) -> bool {
    let is_set =
        |key: &str| facts.config().and_then(|config| config.get(key)).is_some_and(|value| *value != Value::Null);
    let is_head = |name: &Value| matches!(name.as_str(), Some("score" | "classifier" | "qa_outputs"));
    let listed = facts.config().and_then(|config| config.get("target_modules")).and_then(Value::as_list);
    let goes_by_layers = is_set("layers_to_transform") && listed.is_some_and(|listed| listed.len() >= MANY_TARGETS);
    goes_by_layers
        || is_set("exclude_modules")
        || is_set("modules_to_save")
        || listed.unwrap_or_default().iter().any(is_head)
}
