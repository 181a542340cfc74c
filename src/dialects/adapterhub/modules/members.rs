use super::BuildError;
use crate::dialects::adapterhub::config::{MemberConfig, Method};
use crate::dialects::adapterhub::load::Resolved;
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
    let json = Value::Map(as_understood(config)).to_json();
    let typed = |error: serde_json::Error| BuildError(error.to_string());
    Ok(match Method::of_architecture(architecture) {
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

/// The values as the library understands them: names of activations without regard to case, and of the attention's
/// projections those that it looks for.
fn as_understood(config: &Map) -> Map {
    let mut config = config.clone();
    if let Some(Value::String(name)) = config.get_mut("non_linearity") {
        *name = name.to_lowercase();
    }
    if let Some(listed) = config.get_mut("attn_matrices") {
        let named = |matrix: &str| match &*listed {
            Value::List(items) => items.iter().any(|item| item.as_str() == Some(matrix)),
            Value::String(text) => text.contains(matrix),
            Value::Map(map) => map.contains_key(matrix),
            _ => false,
        };
        let known: Vec<_> = ["q", "k", "v"].into_iter().filter(|matrix| named(matrix)).collect();
        *listed = Value::List(known.into_iter().map(|matrix| Value::String(matrix.to_owned())).collect());
    }
    config
}
