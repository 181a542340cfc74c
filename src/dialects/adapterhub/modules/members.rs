use super::BuildError;
use crate::dialects::adapterhub::config::{MemberConfig, Method};
use crate::dialects::adapterhub::load::Resolved;
use crate::dialects::adapterhub::uses::{Use, listed_layers};
use crate::python::is_true;
use crate::value::{Map, Value};

/// The typed configs in a full one: the members of a union, or the config itself.
///
/// # Errors
/// For values that the keys' types do not allow, and a union in a union.
pub fn members(config: &Resolved) -> Result<Vec<MemberConfig>, BuildError> {
    let config = config.config().value();
    let architecture = |config: &Map| config.get("architecture").and_then(Value::as_str).map(str::to_owned);
    if Method::of_architecture(architecture(&config).as_deref()) != Some(Method::Union) {
        return Ok(vec![member(&config)?]);
    }
    let members = config.get("configs").and_then(Value::as_list).unwrap_or_default();
    let member_at = |(index, value): (usize, &Value)| {
        let map = value.as_map().ok_or_else(|| BuildError("a member of the union is no object".to_owned()))?;
        member(map).map_err(|error| BuildError(format!("member {index} of the union: {error}")))
    };
    members.iter().enumerate().map(member_at).collect()
}

/// One config that is no union.
pub(crate) fn member(config: &Map) -> Result<MemberConfig, BuildError> {
    let architecture = config.get("architecture").and_then(Value::as_str);
    let method = Method::of_architecture(architecture);
    let config = method.map_or_else(|| config.clone(), |method| as_understood(config, method));
    let json = Value::Map(config).to_json();
    let typed = |error: serde_json::Error| BuildError(error.to_string());
    Ok(match method {
        Some(Method::Bottleneck) => MemberConfig::Bottleneck(serde_json::from_value(json).map_err(typed)?),
        Some(Method::PrefixTuning) => MemberConfig::PrefixTuning(serde_json::from_value(json).map_err(typed)?),
        Some(Method::PromptTuning) => MemberConfig::PromptTuning(serde_json::from_value(json).map_err(typed)?),
        Some(Method::Lora) => MemberConfig::Lora(serde_json::from_value(json).map_err(typed)?),
        Some(Method::MtlLora) => MemberConfig::MtlLora(serde_json::from_value(json).map_err(typed)?),
        Some(Method::Reft) => MemberConfig::Reft(serde_json::from_value(json).map_err(typed)?),
        Some(Method::Union) => return Err(BuildError("a union cannot hold a union".to_owned())),
        None => {
            let name = architecture.unwrap_or_default();
            return Err(BuildError(format!("there is no architecture {name:?}")));
        }
    })
}

/// The values as the library understands them: of lists what it looks for in them, and of values that are not of the kind
/// that they should be what it makes of them. What it refuses stays as it is.
fn as_understood(config: &Map, method: Method) -> Map {
    let understood = |(key, value): (&str, &Value)| {
        // The key of old files holds a config of its own.
        let how = if key == "invertible_adapter" { Use::Anything } else { Use::of(method, key) };
        let meant = understood(how, value).unwrap_or_else(|| value.clone());
        (key.to_owned(), meant)
    };
    config.iter().map(understood).collect()
}

/// What the library makes of a value, where it is not simply the value.
fn understood(how: Use, value: &Value) -> Option<Value> {
    let list = |items: Vec<Value>| Some(Value::List(items));
    match (how, value) {
        (Use::Truth, _) => Some(Value::Bool(is_true(value))),
        (Use::Activation | Use::OptionalActivation, Value::String(name)) => Some(Value::String(name.to_lowercase())),
        (Use::LayerList | Use::ReftLayers, _) => {
            let number = |layer: u64| Some(Value::Int(i64::try_from(layer).ok()?.into()));
            list(listed_layers(value)?.into_iter().filter_map(number).collect())
        }
        (Use::AttentionMatrices, _) => {
            let named = |matrix: &&str| match value {
                Value::List(items) => items.iter().any(|item| item.as_str() == Some(*matrix)),
                Value::String(text) => text.contains(*matrix),
                Value::Map(map) => map.contains_key(matrix),
                _ => false,
            };
            list(["q", "k", "v"].into_iter().filter(named).map(|matrix| Value::String(matrix.to_owned())).collect())
        }
        (Use::Seed | Use::OptionalChoice(_) | Use::DType, _) if !is_true(value) => Some(Value::Null),
        (Use::Positions, Value::Int(count)) if count.as_i64().is_some_and(|count| count < 0) => {
            Some(Value::Int(0.into()))
        }
        (
            Use::Number
            | Use::InnerSize
            | Use::ScaleRank
            | Use::Positions
            | Use::Dropout
            | Use::DropoutAboveZero
            | Use::StochasticDepth
            | Use::Seed,
            Value::Bool(flag),
        ) => Some(Value::Int(i64::from(*flag).into())),
        (Use::Reduction | Use::InvertibleReduction, Value::Bool(true)) => Some(Value::Int(1.into())),
        _ => None,
    }
}
