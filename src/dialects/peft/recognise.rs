//! Which files are PEFT's. Four libraries call their config `adapter_config.json`, so the content decides.

use std::path::Path;

use super::CONFIG_NAME;
use super::uses::{METHODS, MethodUses};
use crate::dialects::peft::PeftType;
use crate::dialects::{Dialect, FileKind, Recognised};
use crate::document::{Format, Node};

/// Keys that AdapterHub's configs have and PEFT's do not.
const ADAPTERHUB_KEYS: [&str; 5] = ["architecture", "mh_adapter", "output_adapter", "selfattn_lora", "config"];

/// Keys that PEFT writes into every config, and nobody else writes.
const SAVED_KEYS: [&str; 3] = ["base_model_name_or_path", "inference_mode", "auto_mapping"];

/// Keys of PEFT that the settings of a training run have, too.
const SHARED_KEYS: [&str; 6] =
    ["task_type", "target_modules", "modules_to_save", "lora_alpha", "lora_dropout", "num_virtual_tokens"];

/// A config with a `peft_type`, or with so many of PEFT's keys that it can be nothing else. In a file that is not called
/// as PEFT's configs are they may be somebody's arguments to PEFT, so more is asked of it.
pub(crate) fn recognise(root: &Node, name: &str) -> Option<Recognised> {
    let has = |key: &&str| root.get(key).is_some();
    let count = |keys: &[&str]| keys.iter().filter(|key| has(key)).count();
    let (saved, own) = (count(&SAVED_KEYS), count(&SAVED_KEYS) + count(&SHARED_KEYS));
    // A stray key of one library does not make a config of the other its own. One of MLX and others may be null.
    let is_null = |key: &str| root.get(key).is_some_and(|value| value.is_null());
    let is_mixed = ADAPTERHUB_KEYS.iter().any(|key| has(key) && !is_null(key));
    let method = root.get("peft_type");
    let is_named = name.ends_with(CONFIG_NAME);
    let is_own = match method {
        Some(_) => !is_mixed || own > 0,
        None => !is_mixed && own >= 2 && (is_named || !is_training_run(root, name)),
    };
    let is_known = method.and_then(Node::as_str).and_then(PeftType::named).and_then(MethodUses::of).is_some();
    let certain = is_named || is_known || (saved > 0 && own >= 2);
    is_own.then_some(Recognised { dialect: Some(Dialect::Peft), kind: FileKind::PeftConfig, certain })
}

/// Whether this is rather the settings of a training run, which have some keys of PEFT's among many others: a program makes a
/// config of them. Many are in YAML, which PEFT does not read.
fn is_training_run(root: &Node, name: &str) -> bool {
    let is_known = |key: &str| METHODS.iter().any(|method| method.use_of(key).is_some());
    let known = root.members().iter().filter(|member| is_known(&member.key)).count();
    Format::of_path(Path::new(name)) == Some(Format::Yaml) || known * 2 < root.members().len()
}
