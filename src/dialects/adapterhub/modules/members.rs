use super::BuildError;
use crate::dialects::adapterhub::config::{MemberConfig, Method};
use crate::dialects::adapterhub::effect::Idle;
use crate::dialects::adapterhub::load::Resolved;
use crate::dialects::adapterhub::presets::Preset;
use crate::dialects::adapterhub::uses::{Judgement, Use, listed_layers};
use crate::dialects::adapterhub::view::{ConfigView, default_of};
use crate::document::{Document, Format};
use crate::python::{Object, dumps, is_true};
use crate::value::{Map, Value};

/// What the library adds where it is given nothing.
const DEFAULT_PRESET: &str = "seq_bn";

/// The typed configs in a full one: the members of a union, or the config itself. A union of none is false to Python, and
/// the library adds its default in its place.
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
    if members.is_empty() {
        let default = Preset::find(DEFAULT_PRESET).map(Preset::config);
        return default.iter().map(member).collect();
    }
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
    let typed = |error: serde_json::Error| BuildError(error.to_string());
    Ok(match method {
        Some(Method::Bottleneck) => MemberConfig::Bottleneck(config.typed().map_err(typed)?),
        Some(Method::PrefixTuning) => MemberConfig::PrefixTuning(config.typed().map_err(typed)?),
        Some(Method::PromptTuning) => MemberConfig::PromptTuning(config.typed().map_err(typed)?),
        Some(Method::Lora) => MemberConfig::Lora(config.typed().map_err(typed)?),
        Some(Method::MtlLora) => MemberConfig::MtlLora(config.typed().map_err(typed)?),
        Some(Method::Reft) => MemberConfig::Reft(config.typed().map_err(typed)?),
        Some(Method::Union) => return Err(BuildError("a union cannot hold a union".to_owned())),
        None => {
            let name = architecture.unwrap_or_default();
            return Err(BuildError(format!("there is no architecture {name:?}")));
        }
    })
}

/// The values as the library understands them: of lists what it looks for in them, of values that are not of the kind
/// that they should be what it makes of them, and the defaults of keys that it does not read. What it refuses stays as it
/// is.
fn as_understood(config: &Map, method: Method) -> Map {
    let text = dumps(&Object::from(&Value::Map(config.clone()))).unwrap_or_default();
    let document = Document::read(text.into_bytes(), Format::Json);
    let Some(node) = &document.root else { return config.clone() };
    let view = ConfigView::alone(node, method);
    let is_unread = |key: &str| matches!(view.idle(key, None), Some(Idle::Unread(_)));
    let is_float = |key: &str| matches!(config.get(key), Some(Value::Float(_)));
    let is_vera = is_float("vera_d") || is_float("vera_b");
    let understood = |(key, value): (&str, &Value)| {
        // The key of old files holds a config of its own.
        let how = if key == "invertible_adapter" { Use::Anything } else { view.use_of(key) };
        let meant = match how {
            Use::FloatOrNone if !is_vera => Some(Value::Null),
            // VeRA's are looked at though no layer be one of VeRA's.
            _ if how != Use::FloatOrNone && how.judge(value) != Judgement::Fine && is_unread(key) => {
                idle_value(method, key)
            }
            // (IA)³ asks for false itself.
            Use::Truth if key == "use_dora" && view.is_scaling() => None,
            _ => understood(how, value),
        };
        (key.to_owned(), meant.unwrap_or_else(|| value.clone()))
    };
    config.iter().map(understood).collect()
}

/// A value for a key that is not read: the default, where there is one.
fn idle_value(method: Method, key: &str) -> Option<Value> {
    default_of(method, key).cloned().or_else(|| match key {
        "reduction_factor" | "r" => Some(Value::Int(1.into())),
        "non_linearity" => Some(Value::String("relu".to_owned())),
        "layers" => Some(Value::String("all".to_owned())),
        "orthogonality" => Some(Value::Bool(false)),
        "prefix_positions" | "suffix_positions" => Some(Value::Int(0.into())),
        _ => None,
    })
}

/// What the library makes of a value, where it is not simply the value.
fn understood(how: Use, value: &Value) -> Option<Value> {
    let list = |items: Vec<Value>| Some(Value::List(items));
    match (how, value) {
        // JSON would make a number of it.
        (Use::Size | Use::SizeOrZero | Use::InnerSize | Use::Rank | Use::ScaleRank, Value::Float(size))
            if !size.is_finite() =>
        {
            Some(Value::String(size.to_string()))
        }
        (Use::Truth, _) => Some(Value::Bool(is_true(value))),
        (Use::Activation | Use::OptionalActivation, Value::String(name)) => Some(Value::String(name.to_lowercase())),
        (Use::LayerList | Use::ReftLayers, _) => {
            let number = |layer: u64| Some(Value::Int(i64::try_from(layer).ok()?.into()));
            list(listed_layers(value)?.into_iter().filter_map(number).collect())
        }
        (Use::AttentionMatrices, Value::List(_) | Value::String(_) | Value::Map(_)) => {
            let named = |matrix: &&str| match value {
                Value::List(items) => items.iter().any(|item| item.as_str() == Some(*matrix)),
                Value::String(text) => text.contains(*matrix),
                Value::Map(map) => map.contains_key(matrix),
                _ => false,
            };
            list(["q", "k", "v"].into_iter().filter(named).map(|matrix| Value::String(matrix.to_owned())).collect())
        }
        (Use::Seed | Use::OptionalChoice(_) | Use::DType, _) if !is_true(value) => Some(Value::Null),
        // Which seed it is does not matter to what is built.
        (Use::Seed, _) if value.as_i64().is_none() && !matches!(how.judge(value), Judgement::Refused(..)) => {
            Some(Value::Null)
        }
        (Use::Residual, _) if !is_true(value) => Some(Value::Bool(false)),
        (Use::DropoutAboveZero | Use::StochasticDepth, Value::Int(_) | Value::Float(_))
            if matches!(how.judge(value), Judgement::Loose(_)) =>
        {
            Some(Value::Int(0.into()))
        }
        // Nor does the value with which VeRA begins; JSON has none such.
        (Use::FloatOrNone, Value::Float(initial)) if !initial.is_finite() => Some(Value::Float(0.0)),
        (Use::Positions, Value::Int(_) | Value::Float(_)) if matches!(how.judge(value), Judgement::Loose(_)) => {
            Some(Value::Int(0.into()))
        }
        (
            Use::Number
            | Use::Factor
            | Use::Divisor
            | Use::Deviation
            | Use::FloatOrNone
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
