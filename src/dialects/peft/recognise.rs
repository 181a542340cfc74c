//! Which files are PEFT's. Four libraries call their config `adapter_config.json`, so the content decides.

use crate::dialects::{Dialect, FileKind, Recognised};
use crate::document::Node;

/// Keys that AdapterHub's configs have and PEFT's do not.
const ADAPTERHUB_KEYS: [&str; 5] = ["architecture", "mh_adapter", "output_adapter", "selfattn_lora", "config"];

/// Keys that PEFT writes into every config, and few others do.
const OWN_KEYS: [&str; 9] = [
    "base_model_name_or_path",
    "task_type",
    "inference_mode",
    "target_modules",
    "modules_to_save",
    "lora_alpha",
    "lora_dropout",
    "num_virtual_tokens",
    "auto_mapping",
];

/// A config with a `peft_type`, or with so many of PEFT's keys that it can be nothing else.
pub(crate) fn recognise(root: &Node) -> Option<Recognised> {
    let has = |key: &&str| root.get(key).is_some();
    let own = OWN_KEYS.iter().filter(|key| has(key)).count();
    // A stray key of one library does not make a config of the other its own.
    let is_mixed = ADAPTERHUB_KEYS.iter().any(has);
    let is_own = if root.get("peft_type").is_some() { !is_mixed || own > 0 } else { !is_mixed && own >= 2 };
    is_own.then_some(Recognised { dialect: Some(Dialect::Peft), kind: FileKind::PeftConfig, certain: true })
}
