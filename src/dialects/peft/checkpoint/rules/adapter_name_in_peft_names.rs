use std::collections::{BTreeMap, BTreeSet};

use crate::dialects::peft::PeftType;
use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::comparison::PROMPT;
use crate::dialects::peft::checkpoint::missing::is_whole;
use crate::dialects::peft::checkpoint::told::names;
use crate::dialects::peft::ends::{self, End};
use crate::dialects::peft::names::{DEFAULT, Name};
use crate::dialects::peft::repair::repair;
use crate::findings::{Report, Severity, rule};
use crate::tensors::TensorFile;

rule! {
    /// Tensors with an adapter's name in their own, such as `lora_A.default.weight`.
    ///
    /// ## Why is this bad
    /// `save_pretrained` removes the adapter's name; it is left in if `model.state_dict()` was saved instead. PEFT
    /// finds such a tensor only if the adapter is loaded under exactly this name, and releases before 0.21 not even
    /// then. Otherwise it drops the tensor, warns of missing keys, and serves the base model. `default` is the name
    /// that `from_pretrained` gives, so for that name this is only a warning, as it is for another adapter beside. Modules
    /// that are saved in full, trained tokens and virtual tokens are not found under any name: PEFT raises a `KeyError`. Nor
    /// is a tensor found where the name stands at another place than in the model, which has DoRA's lengths as
    /// `lora_magnitude_vector.default.weight`: PEFT drops it. A tensor that is beside the one of the plain name is not meant:
    /// it is another tensor, which PEFT drops.
    ///
    /// ## Example
    /// ```text
    /// base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight
    /// ```
    ///
    /// ## Fix safety
    /// The weights file is rewritten with the names under which PEFT saves these tensors; their bytes and the metadata
    /// stay. This is safe: every release finds them under the new names, whatever the adapter is called when it is
    /// loaded. For a module that is saved in full, the base model's own copy (`original_module`), which PEFT does not
    /// read, is removed. If a file has tensors of several adapters, nothing is renamed.
    AdapterNameInPeftNames, Error
}

impl AdapterNameInPeftNames {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        let (Some(file), Some(config)) = (facts.file(), facts.config()) else { return };
        let mut found: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        match facts.comparison() {
            Some(comparison) => {
                for (tensor, adapter) in &comparison.adapters {
                    found.entry((*adapter).to_owned()).or_default().push(tensor.name());
                }
            }
            None => {
                for (name, adapter) in left_in(facts.method(), file) {
                    found.entry(adapter).or_default().push(name);
                }
            }
        }
        let plain =
            |adapter: &str, all: &[&str]| all.iter().map(|name| without(name, adapter)).collect::<BTreeSet<_>>();
        let own = found.get(DEFAULT).map(|all| plain(DEFAULT, all)).unwrap_or_default();
        for (adapter, all) in found {
            // PEFT asks for each of these by the name that it saves.
            let is_of_whole = |name: &str| is_whole(config, &without(name, &adapter));
            let is_asked_for = all.iter().any(|name| {
                name.split('.').any(|part| ["modules_to_save", "token_adapter"].contains(&part))
                    || is_of_whole(name)
                    || without(name, &adapter) == PROMPT
            });
            let lost: Vec<_> = match adapter.as_str() {
                DEFAULT => all.iter().copied().filter(|name| !stands_as_in_model(facts.method(), name)).collect(),
                _ => Vec::new(),
            };
            let consequence = match adapter.as_str() {
                _ if is_asked_for => "PEFT does not find all of them, and raises a `KeyError`".to_owned(),
                _ if !lost.is_empty() => {
                    format!(
                        "PEFT drops {}, since the model has the name at another place there",
                        names(lost.iter().copied())
                    )
                }
                DEFAULT => {
                    "PEFT finds them from 0.21 on, as long as the adapter is loaded under this name; older releases \
                            drop them"
                        .to_owned()
                }
                _ => "PEFT drops them, unless the adapter is loaded under this name".to_owned(),
            };
            let message =
                format!("the adapter's name `{adapter}` is left in {}: {consequence}", names(all.iter().copied()));
            let finding = report.about_tensor(Self::INFO, all[0], message);
            finding.help(format!("remove `.{adapter}` from the names"));
            // What is there of the default adapter, too, PEFT does not miss.
            let is_second = plain(&adapter, &all).is_subset(&own);
            if is_second && !is_asked_for && lost.is_empty() {
                finding.severity = Severity::Warning;
            }
        }
    }
}

/// Whether the name of an adapter stands where it does in the model, if the tensor is the method's own: behind the method's
/// attribute, and before what that holds.
fn stands_as_in_model(method: Option<PeftType>, name: &str) -> bool {
    let is_of_module = |method: PeftType| match ends::read(method, name) {
        // In the model these are a module, whose weight they are.
        Some((_, End::Named { saved, .. })) => !saved.ends_with(".lora_magnitude_vector") || name.ends_with(".weight"),
        Some((_, End::Other)) => false,
        Some((_, End::Saved)) | None => true,
    };
    method.is_none_or(is_of_module)
}

/// The name without the part that is an adapter's name: the last of those that are called so.
fn without(name: &str, adapter: &str) -> String {
    let mut parts: Vec<&str> = name.split('.').collect();
    if let Some(at) = parts.iter().rposition(|part| *part == adapter) {
        parts.remove(at);
    }
    parts.join(".")
}

/// The tensors with the name of an adapter in theirs, and that name, as it shows without the model.
fn left_in(method: Option<PeftType>, file: &TensorFile) -> Vec<(&str, String)> {
    match repair(method, file.iter().map(|tensor| tensor.name())) {
        Ok(names) => names.into_iter().filter_map(|(name, repaired)| Some((name, repaired.adapter?))).collect(),
        // Those of several adapters, for one.
        Err(_) => {
            let adapter = |name| {
                let parsed = Name::parse(name);
                let adapter = parsed.adapter?;
                // Beside the plain name it is another tensor, which merely has one part more.
                let plain = Name { adapter: None, ..parsed }.to_string();
                (adapter == DEFAULT || file.get(&plain).is_none()).then(|| (name, adapter.to_owned()))
            };
            file.iter().filter_map(|tensor| adapter(tensor.name())).collect()
        }
    }
}
