//! Attributes of the library's config objects that a key of a file must not replace: unknown keys become attributes.

use super::config::Method;
use crate::value::Value;

/// Whether an unknown key takes from the config object what the library, or Python, needs of it; `None` stands for the
/// config of an AdapterFusion.
pub(super) fn hides(method: Option<Method>, key: &str, value: &Value) -> bool {
    let map = value.as_map();
    match key {
        // Python refuses anything but a class, and anything at all.
        "to_dict" | "__class__" | "__weakref__" => true,
        // A map takes the place of all attributes. With an empty one the config is false, and the library takes its
        // default instead; with others, what is left are those keys whose defaults are the class's.
        "__dict__" => map.is_none_or(|map| !map.is_empty() && method != Some(Method::PromptTuning)),
        // Without its fields a class takes no arguments, and misses those that it requires.
        "__dataclass_fields__" => {
            let takes_none = method.is_some_and(|method| method.required().is_empty());
            !(takes_none && map.is_some_and(|map| map.is_empty()))
        }
        _ => false,
    }
}
