//! What the library changes in an adapter's file before it loads the config (`loading.py`, 1.3.0):
//! `WeightsLoaderHelper.load_weights_config` renames activations in files without a `version`, and
//! `AdapterLoader._fix_backward_compat` sets `alpha` to `r` in LoRA configs of releases before 1.1.0, which scaled
//! by 1 whatever `alpha` said.

use super::error::LoadError;
use super::notes::Note;
use super::version::is_before_1_1_0;
use crate::document::pointer;
use crate::merge::{Layer, Layered, Origin};
use crate::python::{Object, dumps, equal};
use crate::value::Value;

/// The rename of activations: old name and new.
pub const ACTIVATION_RENAME: [(&str, &str); 2] = [("gelu", "gelu_new"), ("gelu_orig", "gelu")];

const RENAME: Origin = Origin::Upgrade { rule: "activation-rename" };
const SCALING: Origin = Origin::Upgrade { rule: "lora-scaling" };

/// The config of a whole adapter file, changed as the library changes it.
pub(super) fn config_of_file(root: &Layered, notes: &mut Vec<Note>) -> Result<Layered, LoadError> {
    let file = match root {
        Layered::Map(file) => file,
        // An object without any key is no layer.
        Layered::Leaf(Value::Map(_), _) => return Err(missing("", "an adapter's file", "config")),
        other => return Err(not_a_config("", &other.value())),
    };
    let mut config = file.get("config").cloned();
    match file.get("version").map(Layered::value) {
        None => {
            if let Some(config) = &mut config {
                rename_activation(config, notes)?;
            }
        }
        Some(Value::String(version)) => {
            if let Some(version) = version.strip_prefix("adapters.") {
                match is_before_1_1_0(version) {
                    None => return Err(LoadError::BadVersion { version: as_json(&Value::String(version.to_owned())) }),
                    Some(true) => match &mut config {
                        Some(config) => fix_lora_scaling(config, notes)?,
                        None => return Err(missing("", "an adapter's file", "config")),
                    },
                    Some(false) => {}
                }
            }
        }
        Some(other) => return Err(LoadError::BadVersion { version: as_json(&other) }),
    }
    config.ok_or_else(|| missing("", "an adapter's file", "config"))
}

fn rename_activation(config: &mut Layered, notes: &mut Vec<Note>) -> Result<(), LoadError> {
    let at = pointer::push("/config", "non_linearity");
    let old = match config {
        Layered::Map(config) => config.get("non_linearity").map(Layered::value),
        // Python looks for the key in any container, and for the word in any text.
        Layered::Leaf(Value::Null | Value::Map(_), _) => None,
        Layered::Leaf(Value::String(text), _) if !text.contains("non_linearity") => None,
        Layered::Leaf(Value::List(items), _) if !items.contains(&Value::String("non_linearity".to_owned())) => None,
        other => return Err(not_a_config("/config", &other.value())),
    };
    let Some(old) = old else {
        return Ok(());
    };
    if matches!(old, Value::List(_) | Value::Map(_)) {
        return Err(LoadError::NotAName { pointer: at, found: old.type_name() });
    }
    let renamed = ACTIVATION_RENAME.iter().find(|(name, _)| old.as_str() == Some(name));
    if let (Some((old, new)), Layered::Map(config)) = (renamed, config) {
        config.insert("non_linearity", Layered::Leaf(Value::String((*new).to_owned()), RENAME));
        notes.push(Note::ActivationRenamed { pointer: at, old, new });
    }
    Ok(())
}

fn fix_lora_scaling(config: &mut Layered, notes: &mut Vec<Note>) -> Result<(), LoadError> {
    let config = match config {
        Layered::Map(config) => config,
        Layered::Leaf(Value::Map(_), _) => return Ok(()),
        other => return Err(not_a_config("/config", &other.value())),
    };
    if config.get("architecture").map(Layered::value) != Some(Value::String("lora".to_owned())) {
        return Ok(());
    }
    let value = |config: &Layer, key| {
        config.get(key).map(Layered::value).ok_or_else(|| missing("/config", "a LoRA config before 1.1.0", key))
    };
    let r = value(config, "r")?;
    let alpha = value(config, "alpha")?;
    if !equal(&r, &alpha) {
        notes.push(Note::LoraScalingFixed { alpha: as_json(&alpha), r: as_json(&r) });
        config.insert("alpha", Layered::new(r, &SCALING));
    }
    Ok(())
}

fn not_a_config(pointer: &str, value: &Value) -> LoadError {
    LoadError::NotAConfig { pointer: pointer.to_owned(), found: value.type_name() }
}

fn missing(pointer: &str, class: &'static str, key: &str) -> LoadError {
    LoadError::MissingKeys { pointer: pointer.to_owned(), class, keys: vec![key.to_owned()] }
}

/// A value as JSON, for messages.
pub(super) fn as_json(value: &Value) -> String {
    dumps(&Object::from(value)).unwrap_or_else(|error| error.to_string())
}
