use std::collections::BTreeMap;

use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::{add, names};
use crate::dialects::peft::names::Name;
use crate::findings::{Report, Severity, rule};

rule! {
    /// Tensors with the name of an adapter in their names, such as `lora_A.default.weight`.
    ///
    /// ## Why is this bad
    /// `save_pretrained` takes the adapter's name out; it is left in where somebody saved `model.state_dict()`. PEFT finds such a
    /// tensor only if the adapter is loaded under exactly this name, and releases before 0.21 not even then; else it drops the
    /// tensor, warns of missing keys, and serves the base model. `default` is the name that `from_pretrained` gives, so that there
    /// it is only a warning.
    ///
    /// ## Example
    /// ```text
    /// base_model.model.model.layers.0.self_attn.q_proj.lora_A.default.weight
    /// ```
    ///
    /// ## Fix safety
    /// There is none here; the tensors have to be renamed.
    AdapterNameInPeftNames, Error
}

impl AdapterNameInPeftNames {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        let (Some(file), Some(_)) = (facts.file(), facts.config()) else { return };
        let mut found: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        match facts.comparison() {
            Some(comparison) => {
                for (tensor, adapter) in &comparison.adapters {
                    found.entry(adapter).or_default().push(tensor.name());
                }
            }
            None => {
                for tensor in file.iter() {
                    if let Some(adapter) = Name::parse(tensor.name()).adapter {
                        found.entry(adapter).or_default().push(tensor.name());
                    }
                }
            }
        }
        for (adapter, all) in found {
            let consequence = match adapter {
                "default" => "only the newest releases find them, and only under this name",
                _ => "PEFT drops them, unless the adapter is loaded under this name",
            };
            let message =
                format!("the adapter's name `{adapter}` is left in {}: {consequence}", names(all.iter().copied()));
            let finding = add(report, Self::INFO, all[0], message);
            finding.help(format!("take `.{adapter}` out of the names: `adapter-lint convert SRC DST --to peft` does it"));
            if adapter == "default" {
                finding.severity = Severity::Warning;
            }
        }
    }
}
