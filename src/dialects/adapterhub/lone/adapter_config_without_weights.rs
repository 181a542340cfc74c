use crate::dialects::adapterhub::Role;
use crate::dialects::beside::Beside;
use crate::findings::{Report, rule};

rule! {
    /// The config of a saved adapter, AdapterFusion or head has no weights beside it where the library looks for them.
    ///
    /// ## Why is this bad
    /// In the adapters library, `load_adapter` takes `pytorch_adapter.bin` from the folder, or `adapter.safetensors`
    /// with `use_safetensors=True`. If there is neither, it raises an exception. So do `load_adapter_fusion` and `load_head`
    /// with their files; `load_adapter` goes on without a head that has none. A config counts as saved with weights
    /// if it has the keys that saving writes: `config`, `hidden_size` and `model_type`. This is reported for a folder
    /// given to the linter, for the folders directly in it, and for archives; not for single files, nor for deeper
    /// folders. It is only a warning, since the config itself can be read, and weights are often kept elsewhere: they are no
    /// part of many repositories of source text, and are put there before the folder is loaded.
    ///
    /// ## Example
    /// ```text
    /// adapter_config.json          {"config": {...}, "hidden_size": 768, "model_type": "bert", ...}
    /// model.safetensors            which the library does not look for
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the weights must be put there under the name that the library expects.
    AdapterConfigWithoutWeights, Warning
}

impl AdapterConfigWithoutWeights {
    pub(super) fn check((role, beside): (Role, &Beside<'_>), report: &mut Report) {
        let is_saved = ["config", "hidden_size", "model_type"].iter().all(|key| beside.root.get(key).is_some());
        let [safetensors, torch] = role.weights_names();
        if !is_saved || beside.has(safetensors) || beside.has(torch) || beside.is_untold() {
            return;
        }
        // Heads and AdapterFusions have weights of their own.
        let is_other = |file: &&str| Role::of_weights(file).is_none();
        let others: Vec<_> = beside.weights().filter(is_other).collect();
        let looks =
            format!("the library looks for `{torch}`, or `{safetensors}`, beside this config, and raises an exception");
        let message = match others.is_empty() {
            true => format!("there are no weights: {looks}"),
            false => format!("{looks}; it does not look for {}", Beside::told(&others)),
        };
        report.add(Self::INFO, "", beside.root.span, message).help("put the weights that were saved with it there");
    }
}
