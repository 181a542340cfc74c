//! What PEFT takes for `target_modules` and `feedforward_modules` where a config has none, by the type of the model: the
//! `TRANSFORMERS_MODELS_TO_*_MAPPING` of its tuners, and where it finds the sizes of a prefix; recorded by
//! `fixtures/record/peft/expected.py`.

use super::PeftType;
use super::targets::Written;

const TABLE: &str = include_str!("defaults.txt");

/// `target_modules` of a method (`peft_type`) on a model of this type. `None` if PEFT has none and refuses.
#[must_use]
pub fn target_modules(method: PeftType, model_type: &str) -> Option<Written> {
    find(method.name(), model_type).map(|names| {
        // A text is a pattern; none of the names that the table lists needs a character of one.
        if names.contains(['*', '(', '\\']) {
            Written::Text(names.to_owned())
        } else {
            Written::List(names.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect())
        }
    })
}

/// `feedforward_modules` of (IA)³ on a model of this type.
#[must_use]
pub fn feedforward_modules(model_type: &str) -> Option<Written> {
    let names = find("feedforward", model_type)?;
    Some(Written::List(names.split(' ').filter(|name| !name.is_empty()).map(str::to_owned).collect()))
}

/// The keys of a model's config that give the sizes of a prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PrefixKeys {
    /// The number of layers.
    pub layers: &'static str,
    /// The width of the model.
    pub width: &'static str,
    /// The number of heads.
    pub heads: &'static str,
    /// How many keys and values the heads share, of models that have such a key.
    pub shared_heads: Option<SizeKey>,
    /// The width of a head, of models that have such a key beside.
    pub head_width: Option<SizeKey>,
}

/// A key of a model's config.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SizeKey {
    /// Its name.
    pub key: &'static str,
    /// Whether a config without it takes what follows from the other keys.
    pub follows: bool,
}

/// The keys that give the sizes of a prefix for a model of this type. `None` where several would, or none.
pub(super) fn prefix(model_type: &str) -> Option<PrefixKeys> {
    let key = |name: &'static str| SizeKey { key: name.trim_end_matches('*'), follows: name.ends_with('*') };
    match find("prefix", model_type)?.split(' ').collect::<Vec<_>>()[..] {
        [layers, width, heads, ref shared @ ..] => Some(PrefixKeys {
            layers,
            width,
            heads,
            shared_heads: shared.first().map(|name| key(name)),
            head_width: shared.get(1).map(|name| key(name)),
        }),
        _ => None,
    }
}

fn find(method: &str, model_type: &str) -> Option<&'static str> {
    TABLE.lines().find_map(|line| {
        let rest = line.strip_prefix(method)?.strip_prefix(' ')?.strip_prefix(model_type)?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix(' ') }
    })
}
