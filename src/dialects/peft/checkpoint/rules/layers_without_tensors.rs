use std::collections::{BTreeMap, BTreeSet};

use crate::dialects::peft::checkpoint::Facts;
use crate::findings::fold::ranges;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// Single layers without LoRA tensors, among others that have them.
    ///
    /// ## Why is this bad
    /// The config covers these layers, too; PEFT adds LoRA to them and leaves it as initialised: without effect. The
    /// file is incomplete. If most layers have no tensors, as in models with attention only in every fourth layer,
    /// nothing is reported; `--model` tells which modules exist.
    ///
    /// ## Example
    /// ```text
    /// base_model.model.model.layers.{0, 2, 3}.self_attn.q_proj    and not 1
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the missing tensors have to be saved, too.
    LayersWithoutTensors, Warning
}

impl LayersWithoutTensors {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        let is_set =
            |key: &str| facts.config().and_then(|config| config.get(key)).is_some_and(|value| *value != Value::Null);
        let chooses = ["layers_to_transform", "exclude_modules", "layer_replication"].into_iter().any(is_set);
        let listed = facts.config().and_then(|config| config.get("target_modules")).and_then(Value::as_list);
        // A longer entry may name a layer.
        let is_plain = |name: &Value| name.as_str().is_some_and(|name| !name.chars().any(|c| c.is_ascii_digit()));
        if facts.comparison().is_some() || chooses || !listed.is_some_and(|names| names.iter().all(is_plain)) {
            return;
        }
        // By what stands before the layer's number: the numbers, whatever is below.
        let mut stacks: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
        for module in facts.sites().keys() {
            let numbered = module.match_indices('.').find_map(|(at, _)| {
                let number = module[at + 1..].split('.').next()?;
                Some((&module[..at], number.parse::<u64>().ok()?))
            });
            if let Some((stack, number)) = numbered {
                stacks.entry(stack).or_default().insert(number);
            }
        }
        for (stack, there) in stacks {
            let (Some(first), Some(last)) = (there.first(), there.last()) else { continue };
            let holes = (last - first + 1).saturating_sub(there.len() as u64);
            if holes == 0 || holes >= there.len() as u64 {
                continue;
            }
            let missing: BTreeSet<_> = (*first..*last).filter(|number| !there.contains(number)).collect();
            let message = format!("no tensors in layer {} of `{stack}`, among others that have them", ranges(&missing));
            report.about_tensor(Self::INFO, "", message).help("save the adapter again from the model that was trained");
        }
    }
}
