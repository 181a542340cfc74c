//! Which keys PEFT reads at all, given the others.

use super::uses::{Judgement, Use};
use super::view::Subject;
use crate::python::is_true;
use crate::value::Value;

/// What PEFT makes of a value, where the other keys let it look at it.
pub(super) fn judge(subject: &Subject<'_>, key: &str, used: Use, value: &Value) -> Judgement {
    match (used.judge(value), unread(subject, key)) {
        (Judgement::Refused(..) | Judgement::Loose(_), Some(why)) => Judgement::Loose(why.to_owned()),
        (judged, _) => judged,
    }
}

/// Why PEFT never looks at the key.
fn unread(subject: &Subject<'_>, key: &str) -> Option<&'static str> {
    let chooses_layers = || match subject.value("layers_to_transform") {
        None | Some(Value::Null) => false,
        Some(Value::List(items)) => !items.is_empty(),
        Some(_) => true,
    };
    let has_pattern_of_targets = || matches!(subject.value("target_modules"), Some(Value::String(_)));
    match key {
        "layers_pattern" if !chooses_layers() => Some("PEFT does not look at it, since no layers are chosen"),
        "layers_to_transform" | "layers_pattern" if has_pattern_of_targets() => {
            Some("PEFT does not look at it where `target_modules` is a text")
        }
        "eva_config" | "corda_config" | "lora_ga_config" | "loftq_config" => None,
        "alpha_pattern" | "rank_pattern" if subject.value(key).is_some_and(|value| value == Value::Map(crate::value::Map::new())) => {
            None
        }
        _ if key.starts_with("asa_") && !subject.value("use_asa").is_some_and(|flag| is_true(&flag)) => {
            Some("PEFT does not look at it without `use_asa`")
        }
        _ => None,
    }
}
