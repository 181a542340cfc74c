//! The values of single keys that a release takes otherwise than the newest does. Read from the sources of the releases,
//! and held to what they do with recorded configs.

use super::Release;
use super::facts::since;
use crate::dialects::adapterhub::config::{Activation, Method};
use crate::dialects::adapterhub::uses::{Flaw, Judgement};
use crate::python::is_true;
use crate::value::Value;

/// What the release makes of a value; `None` if it does what the newest does.
pub(crate) fn judge(release: Release, method: Method, key: &str, value: &Value) -> Option<Judgement> {
    if release == Release::NEWEST {
        return None;
    }
    match (method, key) {
        (Method::Reft, "non_linearity") if *value == Value::Null => None,
        (_, "non_linearity") => activation(release, value),
        (Method::Bottleneck, "residual_before_ln") => residual(release, value),
        (Method::Bottleneck, "reduction_factor") => reduction(release, value),
        (Method::Bottleneck, "inv_adapter_reduction_factor") => inverse_reduction(release, value),
        (Method::Bottleneck, "scaling") if value.as_str() == Some("channel") => newer(release, since::SCALES_LORA),
        (Method::Bottleneck, "init_weights") if value.as_str() == Some("houlsby") => newer(release, since::SCALES_LORA),
        (Method::Lora, "init_weights") if value.as_str() == Some("vera") => {
            newer(release, since::REFUSES_ARCHITECTURES)
        }
        (Method::Lora, "r") if !release.is_since(since::ADAPTERS) => old_rank(value),
        _ => None,
    }
}

/// Takes no value that came later.
fn newer(release: Release, first: Release) -> Option<Judgement> {
    (!release.is_since(first)).then(|| refused(format!("{release} does not know this value, which came with {first}")))
}

fn refused(why: String) -> Judgement {
    Judgement::Refused(Flaw::Newer, why)
}

/// The activations that came later than others, with the first release.
const ACTIVATIONS: &[(&str, Release)] = &[
    ("relu", Release::at("adapter-transformers 1.0.0")),
    ("tanh", Release::at("adapter-transformers 1.0.0")),
    ("swish", Release::at("adapter-transformers 1.0.0")),
    ("gelu", Release::at("adapter-transformers 1.0.0")),
    ("leakyrelu", Release::at("adapter-transformers 1.0.0")),
    ("relu6", Release::at("adapter-transformers 3.2.0")),
    ("relu2", Release::at("adapters 0.1.0")),
    ("laplace", Release::at("adapters 0.1.0")),
    ("gelu_accurate", Release::at("adapters 0.1.0")),
    ("gelu_pytorch_tanh", Release::at("adapters 0.1.0")),
    ("leaky_relu", Release::at("adapters 0.1.2")),
    ("prelu", Release::at("adapters 1.2.0")),
    ("xielu", Release::at("adapters 1.3.0")),
    ("gelu_python_tanh", Release::at("adapters 1.3.0")),
];

/// The first release that has an activation; `None` for a name that the newest does not have.
pub(crate) fn first_with_activation(name: &str) -> Option<Release> {
    name.parse::<Activation>().ok()?;
    let listed = ACTIVATIONS.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
    Some(listed.map_or(since::ARCHITECTURES, |(_, first)| *first))
}

/// The activation that only releases 2.2.0 to 2.3.0 have: the exact GELU.
pub(crate) const GELU_ORIG: &str = "gelu_orig";

/// Whether a release has `gelu_orig`.
pub(crate) fn has_gelu_orig(release: Release) -> bool {
    release.is_since(since::GELU_ORIG) && !release.is_since(since::ARCHITECTURES)
}

fn activation(release: Release, value: &Value) -> Option<Judgement> {
    let name = value.as_str()?;
    if name.eq_ignore_ascii_case(GELU_ORIG) {
        return has_gelu_orig(release).then_some(Judgement::Fine);
    }
    newer(release, first_with_activation(name)?)
}

/// Before adapters 0.1, its truth.
fn residual(release: Release, value: &Value) -> Option<Judgement> {
    if release.is_since(since::ADAPTERS) {
        return None;
    }
    Some(match value {
        Value::Bool(_) => Judgement::Fine,
        _ => Judgement::Loose(format!("{release} reads it as {}", is_true(value))),
    })
}

fn reduction(release: Release, value: &Value) -> Option<Judgement> {
    match value {
        Value::Map(_) if !release.is_since(since::REDUCTION_MAP) => Some(refused(format!(
            "{release} does not accept a mapping here, only releases since {} do",
            since::REDUCTION_MAP
        ))),
        Value::Map(map) => map.iter().find_map(|(_, factor)| factor_of(release, factor)),
        _ => factor_of(release, value),
    }
}

fn factor_of(release: Release, value: &Value) -> Option<Judgement> {
    match value {
        // A width below 1 becomes the integer 1, in all but the first releases.
        Value::Float(float)
            if (*float > 0.0 || (*float < 0.0 && release.refuses_unknown_keys()))
                && !release.is_since(since::FLOAT_FACTORS) =>
        {
            Some(refused(format!(
                "{release} does not convert the resulting width to an integer, so torch raises a `TypeError`"
            )))
        }
        Value::Int(int) if release.refuses_unknown_keys() && int.as_i64().is_some_and(|factor| factor < 0) => {
            Some(refused(format!("the width would be negative, and {release} passes it to torch")))
        }
        _ => None,
    }
}

fn inverse_reduction(release: Release, value: &Value) -> Option<Judgement> {
    match value {
        Value::Float(float) if *float != 0.0 && !release.is_since(since::FLOAT_FACTORS) => factor_of(release, value),
        _ => None,
    }
}

/// adapter-transformers builds no LoRA for a rank that is not above 0.
fn old_rank(value: &Value) -> Option<Judgement> {
    is_no_rank(value).then(|| Judgement::Loose("the library builds no LoRA for a rank that is not above 0".to_owned()))
}

/// Whether Python takes the value for a number that is not above 0.
pub(crate) fn is_no_rank(value: &Value) -> bool {
    match value {
        Value::Bool(flag) => !flag,
        Value::Int(_) => value.as_f64().is_some_and(|rank| rank <= 0.0),
        Value::Float(rank) => *rank <= 0.0 || rank.is_nan(),
        _ => false,
    }
}

/// What an older release calls the same thing, as JSON, and whether it is the same whatever the weights: how initial
/// weights are drawn is not.
pub(crate) fn older(release: Release, key: &str, value: &Value) -> Option<(String, bool)> {
    match (key, value) {
        ("non_linearity", Value::String(name)) => {
            let name = name.to_lowercase();
            let same = ALIKE.iter().find(|names| names.contains(&name.as_str()))?;
            let is_old = !release.is_since(since::ARCHITECTURES);
            // There `gelu` is the tanh approximation.
            let candidates: &[&str] = match (is_old, same[0]) {
                (true, "gelu_new") => &["gelu"],
                (true, "gelu") => {
                    if has_gelu_orig(release) {
                        &[GELU_ORIG]
                    } else {
                        &[]
                    }
                }
                _ => same,
            };
            let known = |candidate: &&&str| {
                (is_old && candidates.len() == 1 && **candidate != name)
                    || first_with_activation(candidate).is_some_and(|first| release.is_since(first))
            };
            candidates.iter().find(known).map(|name| (format!("\"{name}\""), true))
        }
        ("init_weights", Value::String(name)) if name == "houlsby" => Some(("\"bert\"".to_owned(), false)),
        ("init_weights", Value::String(name)) if name == "vera" => Some(("\"lora\"".to_owned(), false)),
        ("reduction_factor" | "inv_adapter_reduction_factor", Value::Float(float)) => whole(*float),
        ("reduction_factor", Value::Map(map)) if map.len() == 1 => match map.get("default")? {
            Value::Int(int) => Some((int.as_str().to_owned(), true)),
            Value::Float(float) => whole(*float),
            _ => None,
        },
        _ => None,
    }
}

/// A float that is an integer, as one.
fn whole(float: f64) -> Option<(String, bool)> {
    (float.fract() == 0.0 && (1.0..1e9).contains(&float)).then(|| (format!("{float:.0}"), true))
}

/// Activations that are the same function, oldest name first.
const ALIKE: &[&[&str]] = &[
    &["gelu_new", "gelu_accurate", "gelu_pytorch_tanh", "gelu_python_tanh"],
    &["gelu", "gelu_python"],
    &["swish", "silu"],
    &["leakyrelu", "leaky_relu"],
];
