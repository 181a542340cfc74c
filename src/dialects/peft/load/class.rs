//! What the classes do after they have taken the keys: `__post_init__`.

use std::collections::BTreeSet;

use super::{default_of, integer, is_null, set, value};
use crate::dialects::peft::PeftType::{
    self, Adalora, Adamss, AdaptionPrompt, Cpt, LnTuning, Lora, Osf, Supertuning, TrainableTokens, Xlora,
};
use crate::dialects::peft::config::{Key, Nested, PeftMethod, Type};
use crate::dialects::peft::releases::Release;
use crate::merge::{Layer, Layered};
use crate::python::is_true;
use crate::value::{Map, Value};

/// Fills in what the class of a method makes of its own keys.
pub(super) fn fill(method: &PeftMethod, keys: &mut Layer) {
    if is_null(keys, "peft_version") {
        set(keys, "peft_version", Value::String(Release::NEWEST.number().to_owned()), "the release that loads it");
    }
    match method.peft_type {
        Lora | Adalora => lora(method, keys),
        Supertuning if is_null(keys, "lora_alpha") => {
            if let Some(rank) = value(keys, "r").as_i64() {
                set(keys, "lora_alpha", integer(rank.saturating_mul(2)), "2 · `r`");
            }
        }
        Xlora => {
            if is_null(keys, "hidden_size") {
                set(keys, "hidden_size", integer(4096), "XLoraConfig, for null");
            }
            if is_null(keys, "adapters") {
                set(keys, "adapters", Value::Map(Map::new()), "XLoraConfig, for null");
            }
        }
        Adamss if value(keys, "init_weights") == Value::Bool(false) => {
            set(keys, "init_weights", Value::Null, "AdamssConfig, for false");
        }
        Cpt => cpt(keys),
        _ => {}
    }
    for key in ["target_modules", "exclude_modules", "feedforward_modules"] {
        if !LISTS.contains(&method.peft_type) {
            each_once(keys, key);
        }
    }
}

/// The methods that leave names in a list. All others make a set of them.
const LISTS: [PeftType; 4] = [AdaptionPrompt, LnTuning, Osf, TrainableTokens];

/// Takes names out of a list that stand in it before.
fn each_once(keys: &mut Layer, key: &str) {
    let Some(Layered::Leaf(Value::List(names), origin)) = keys.get(key) else { return };
    let mut before: BTreeSet<&str> = BTreeSet::new();
    let mut once = Vec::with_capacity(names.len());
    for name in names.iter() {
        if name.as_str().is_none_or(|text| before.insert(text)) {
            once.push(name.clone());
        }
    }
    if once.len() < names.len() {
        keys.insert(key, Layered::Leaf(Value::List(once), origin.clone()));
    }
}

/// Whatever a file says of the sizes of the model, CPT starts without them.
fn cpt(keys: &mut Layer) {
    const FIXED: &str = "CPTConfig";
    for key in ["num_layers", "token_dim", "num_attention_heads"] {
        if !is_null(keys, key) {
            set(keys, key, Value::Null, FIXED);
        }
    }
    set(keys, "num_transformer_submodules", integer(1), FIXED);
    if is_null(keys, "cpt_token_ids") {
        set(keys, "cpt_token_ids", Value::List(vec![integer(0)]), "CPTConfig, for null");
    }
    let Value::List(ids) = value(keys, "cpt_token_ids") else { return };
    let length = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    set(keys, "num_virtual_tokens", integer(length), "the number of `cpt_token_ids`");
    for key in ["cpt_mask", "cpt_tokens_type_mask"] {
        if is_null(keys, key) {
            set(keys, key, Value::List(vec![integer(1); ids.len()]), "as many ones as `cpt_token_ids`");
        }
    }
}

/// LoRA's configs inside of the config, which AdaLoRA inherits.
fn lora(method: &PeftMethod, keys: &mut Layer) {
    let nested: Vec<_> = method.keys().filter_map(|key| Some((key, nested_of(&key.accepts)?))).collect();
    for (key, nested) in nested {
        if key.name != "loftq_config"
            && let Some(Layered::Map(written)) = keys.get(key.name).cloned().map(as_map)
        {
            keys.insert(key.name, Layered::Map(with_defaults(nested, written)));
        }
    }
    let start = value(keys, "init_lora_weights");
    let starts_by = |name: &str| start.as_str() == Some(name);
    let is_given = |keys: &Layer, key: &str| is_true(&value(keys, key));
    if starts_by("loftq") {
        return;
    }
    if is_given(keys, "loftq_config") {
        set(keys, "loftq_config", Value::Map(Map::new()), "`init_lora_weights`, which is not `loftq`");
    } else if starts_by("eva") && is_null(keys, "eva_config") {
        start_from(method, keys, "eva_config");
    } else if starts_by("corda") && is_null(keys, "corda_config") && is_null(keys, "eva_config") {
        start_from(method, keys, "corda_config");
    }
}

/// A mapping, the empty one included.
fn as_map(layered: Layered) -> Layered {
    match layered {
        Layered::Leaf(Value::Map(_), _) => Layered::Map(Layer::default()),
        other => other,
    }
}

fn start_from(method: &PeftMethod, keys: &mut Layer, key: &str) {
    if let Some(nested) = method.key(key).and_then(|key| nested_of(&key.accepts)) {
        keys.insert(key, Layered::Map(with_defaults(nested, Layer::default())));
    }
}

/// The config that a key holds.
fn nested_of(accepts: &Type) -> Option<&'static Nested> {
    match accepts {
        Type::Object(nested) => Some(nested),
        Type::Nullable(inner) => nested_of(inner),
        Type::OneOf(types) => types.iter().find_map(nested_of),
        _ => None,
    }
}

/// A config inside of a config. What it is made of at run time is not read from a file.
fn with_defaults(nested: &Nested, written: Layer) -> Layer {
    let default = |key: &Key| Layered::new(Value::from(&key.default_value()), &default_of(nested.class));
    let at_run_time = |key: &str| nested.class == "ArrowConfig" && key.ends_with("_adapter_names");
    let lower: Layer = nested.keys.iter().map(|key| (key.name.to_owned(), default(key))).collect();
    written.into_iter().filter(|(key, _)| nested.key(key).is_some() && !at_run_time(key)).collect::<Layer>().over(lower)
}

#[cfg(test)]
mod tests {
    use crate::dialects::peft::load::Loaded;

    #[test]
    fn names_are_held_once_where_peft_makes_a_set_of_them() {
        let targets = |method: &str| {
            let twice = ["target_modules=[\"q\", \"v\", \"q\"]".parse().expect("it is one")];
            let loaded = Loaded::named(method, &twice).expect("the method has the key");
            let value = loaded.keys().value();
            value.get("target_modules").and_then(|names| Some(names.as_list()?.len()))
        };
        assert_eq!(targets("lora"), Some(2));
        assert_eq!(targets("ln_tuning"), Some(3));
    }
}
