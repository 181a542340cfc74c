//! The config id: the library's hash of a config (`utils.py`, `get_adapter_config_hash`, 1.3.0).
//!
//! Every entry of a mapping whose value is false in Python's sense is left out, at every depth (but lists are not
//! looked into); then fourteen keys that arrived with version 3 are left out where they have their default; then the
//! rest is written as JSON with sorted keys, and the first 16 hexadecimal digits of its SHA-1 are the id. So `16` and
//! `16.0` give two ids, and `false` and an absent key give one.

use std::fmt;

use sha1::{Digest, Sha1};

use crate::python::{NotJson, Object, dumps};
use crate::value::{Int, Map};

/// How many hexadecimal digits an id has.
const LENGTH: usize = 16;

/// Why a config has no id: the library raises an exception.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Unhashable {
    /// It cannot be written as JSON.
    NotJson(NotJson),
    /// A member of a union has a key with a dot, which the library takes for a path.
    DottedKey(String),
    /// A key hides the method of the same name.
    HiddenMethod(String),
}

impl fmt::Display for Unhashable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(reason) => reason.fmt(f),
            Self::DottedKey(key) => write!(f, "the key `{key}` of a union's member has a dot in it"),
            Self::HiddenMethod(key) => write!(f, "the key `{key}` hides the config's method of that name"),
        }
    }
}

impl std::error::Error for Unhashable {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Its own text is ours.
            Self::NotJson(reason) => reason.source(),
            _ => None,
        }
    }
}

impl From<NotJson> for Unhashable {
    fn from(reason: NotJson) -> Self {
        Self::NotJson(reason)
    }
}

/// The config id of a dictionary.
///
/// # Errors
/// [`NotJson`] if it holds an integer too long to be written.
pub fn config_id(config: &Map) -> Result<String, NotJson> {
    let entries = config.iter().map(|(key, value)| (Object::Str(key.to_owned()), Object::from(value)));
    config_id_of(entries.collect())
}

/// The config id of entries whose values are any Python objects.
pub(crate) fn config_id_of(entries: Vec<(Object, Object)>) -> Result<String, NotJson> {
    let Object::Dict(mut entries) = minimized(Object::Dict(entries)) else {
        return Err(NotJson::Type("dict"));
    };
    let ignored = ignored();
    entries.retain(|(key, value)| !ignored.iter().any(|(name, default)| key.equals(name) && value.equals(default)));
    let text = dumps(&Object::Dict(entries))?;
    let digest = Sha1::digest(text.as_bytes());
    Ok(digest.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).take(LENGTH).map(char::from).collect())
}

/// `utils.py`, `_minimize_dict`.
fn minimized(object: Object) -> Object {
    match object {
        Object::Dict(entries) => Object::Dict(
            entries
                .into_iter()
                .filter(|(_, value)| value.is_true())
                .map(|(key, value)| (key, minimized(value)))
                .collect(),
        ),
        other => other,
    }
}

/// `utils.py`, `ADAPTER_CONFIG_HASH_IGNORE_DEFAULT`.
fn ignored() -> [(Object, Object); 14] {
    let text = |text: &str| Object::Str(text.to_owned());
    let int = |int: i64| Object::Int(Int::from(int));
    [
        ("phm_layer", Object::Bool(true)),
        ("phm_dim", int(4)),
        ("factorized_phm_W", Object::Bool(true)),
        ("shared_W_phm", Object::Bool(false)),
        ("shared_phm_rule", Object::Bool(true)),
        ("factorized_phm_rule", Object::Bool(false)),
        ("phm_c_init", text("normal")),
        ("phm_init_range", Object::Float(0.0001)),
        ("learn_phm", Object::Bool(true)),
        ("hypercomplex_nonlinearity", text("glorot-uniform")),
        ("phm_rank", int(1)),
        ("phm_bias", Object::Bool(true)),
        ("init_weights", text("bert")),
        ("scaling", Object::Float(1.0)),
    ]
    .map(|(name, default)| (text(name), default))
}
