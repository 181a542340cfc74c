//! Where the same file means another function in another release, and what follows from that. Each case was found by
//! running the releases (`fixtures/checkpoints`).

use super::super::{Change, Library, Weights};
use super::Part;
use crate::dialects::adapterhub::Role;
use crate::dialects::adapterhub::names::{Container, Name};
use crate::dialects::adapterhub::sites::{Projection, Sites};
use crate::python::is_true;
use crate::value::{Map, Value};

/// A factor, and the tensors it applies to.
pub(super) type Factor = (Box<dyn Fn(&Name<'_>) -> bool>, f64);

/// Changes the config so that it means in the newest release what it meant in its own. Returns factors on tensors
/// where the config alone cannot say it.
pub(super) fn adjust(part: &Part, weights: &Weights, config: &mut Map, changes: &mut Vec<Change>) -> Vec<Factor> {
    if part.role == Role::Fusion {
        return Vec::new();
    }
    let mut factors = Vec::new();
    let is_union = config.get("architecture").and_then(Value::as_str) == Some("union");
    if is_union {
        if let Some(Value::List(members)) = config.get_mut("configs") {
            for member in members {
                if let Value::Map(member) = member {
                    factors.extend(adjust_one(part, weights, member, changes));
                }
            }
        }
    } else {
        factors.extend(adjust_one(part, weights, config, changes));
    }
    factors
}

fn adjust_one(part: &Part, weights: &Weights, config: &mut Map, changes: &mut Vec<Change>) -> Vec<Factor> {
    let architecture = config.get("architecture").and_then(Value::as_str).map(str::to_owned);
    match architecture.as_deref() {
        None => bottleneck(part, weights, config, changes),
        Some("lora" | "mtl_lora") => return low_rank(part, weights, config, changes),
        Some("prefix_tuning") => prefix(part, weights, config, changes),
        Some("reft") if !truth(config, "orthogonality") => changes.push(Change::note(
            "NoReFT and DiReFT look the same in a file; it is read as NoReFT, here as by the library",
        )),
        _ => {}
    }
    Vec::new()
}

fn truth(config: &Map, key: &str) -> bool {
    config.get(key).is_some_and(is_true)
}

fn has(part: &Part, weights: &Weights, container: Container) -> bool {
    weights
        .iter()
        .any(|tensor| Name::parse(tensor.name(), &part.name).is_some_and(|(name, _)| name.container == container))
}

fn bottleneck(part: &Part, weights: &Weights, config: &mut Map, changes: &mut Vec<Change>) {
    let release = &part.release;
    if truth(config, "inv_adapter") {
        invertible(part, weights, config, changes);
    }
    let shares = truth(config, "phm_layer") && (truth(config, "shared_phm_rule") || truth(config, "shared_W_phm"));
    if shares && !has(part, weights, Container::Shared) {
        changes.push(Change::loss(format!(
            "what all Compacter layers share is not in the file: {release}, or a bare base model, does not save it, and \
             without it the adapter cannot be had"
        )));
    }
    let is_t5 = ["t5", "mt5"].contains(&part.model_type());
    if is_t5 && release.is_adapter_transformers_before(&[3, 1]) && !is_symmetric(config) {
        changes.push(Change::loss(
            "adapter-transformers up to 3.0 gave T5's adapters the block's output and its residual in each other's place; \
             for this config that is another function, which no key can say",
        ));
    }
}

/// Whether nothing changes when the block's output and its residual change places: their sum enters the adapter, and
/// both are added at the end.
fn is_symmetric(config: &Map) -> bool {
    let is_plain = |value: Option<&Value>| value == Some(&Value::Bool(true));
    truth(config, "original_ln_before")
        && truth(config, "original_ln_after")
        && is_plain(config.get("residual_before_ln"))
        && !truth(config, "ln_after")
        && !truth(config, "is_parallel")
}

fn invertible(part: &Part, weights: &Weights, config: &mut Map, changes: &mut Vec<Change>) {
    if !has(part, weights, Container::Invertible) {
        config.insert("inv_adapter", Value::Null);
        config.insert("inv_adapter_reduction_factor", Value::Null);
        changes.push(Change::note(
            "the config names an invertible adapter that the file does not have; the key is dropped",
        ));
        return;
    }
    let nested = part.written().and_then(|config| config.get("invertible_adapter")).and_then(Value::as_map);
    let own = nested.and_then(|nested| nested.get("non_linearity")).and_then(Value::as_str);
    let adapter = part.written().and_then(|config| config.get("non_linearity")).and_then(Value::as_str);
    if let (Some(own), Some(adapter)) = (own, adapter)
        && !own.eq_ignore_ascii_case(adapter)
    {
        changes.push(Change::loss(format!(
            "the invertible adapter has an activation of its own, {own}; newer releases use the adapter's, {adapter}"
        )));
    }
    if part.model_type() == "gpt2" && part.release.library == Library::AdapterTransformers {
        changes.push(Change::loss(
            "adapter-transformers applied GPT-2's invertible adapters before the position embeddings; newer releases apply \
             them behind, which is another function",
        ));
    }
}

/// adapters 0.1 to 1.0.1 did not apply `alpha / r` in plain linear layers, but did where query, key and value are one
/// matrix. The newest release applies it everywhere.
fn low_rank(part: &Part, weights: &Weights, config: &mut Map, changes: &mut Vec<Change>) -> Vec<Factor> {
    let is_vera = ["vera_d", "vera_b"].iter().any(|key| matches!(config.get(key), Some(Value::Float(_))));
    if is_vera && !has(part, weights, Container::Shared) {
        changes.push(Change::loss("VeRA's shared matrices are not in the file: a bare base model does not save them"));
    }
    // What the file says; the loader may have put `r` in the place of `alpha` already, as the library does.
    let written = part.written().filter(|written| written.contains_key("alpha"));
    let written = written.map_or_else(|| config.clone(), Clone::clone);
    let number = |key: &str| written.get(key).or_else(|| config.get(key)).and_then(Value::as_f64);
    let (Some(alpha), Some(rank)) = (number("alpha"), number("r")) else { return Vec::new() };
    #[expect(clippy::float_cmp, reason = "both are as written")]
    let is_one = alpha == rank;
    if !part.release.is_adapters_before(&[1, 1]) || is_one || truth(config, "use_gating") {
        return Vec::new();
    }
    let places = weights.iter().filter_map(|tensor| {
        let (name, _) = Name::parse(tensor.name(), &part.name)?;
        (name.container == Container::Loras).then(|| is_merged(part.model_type(), name.place))
    });
    let (merged, plain): (Vec<_>, Vec<_>) = places.partition(|is_merged| *is_merged);
    let release = &part.release;
    let (merged, plain) = (!merged.is_empty(), !plain.is_empty());
    if plain && !merged {
        let r = config.get("r").cloned().unwrap_or(Value::Null);
        config.insert("alpha", r);
        changes.push(Change::note(format!("{release} did not apply alpha / r: alpha becomes {rank}")));
        return Vec::new();
    }
    let alpha_as_written = written.get("alpha").cloned().unwrap_or_else(|| Value::Float(alpha));
    config.insert("alpha", alpha_as_written);
    if !plain {
        changes.push(Change::note(format!("{release} applied alpha / r in merged projections: alpha stays {alpha}")));
        return Vec::new();
    }
    changes.push(Change::note(format!(
        "{release} applied alpha / r in merged projections only: alpha stays, and the updates of plain layers are divided by it"
    )));
    let model_type = part.model_type().to_owned();
    let applies = move |name: &Name<'_>| {
        name.container == Container::Loras && name.leaf == "lora_B" && !is_merged(&model_type, name.place)
    };
    vec![(Box::new(applies), rank / alpha)]
}

/// Whether the place is one matrix for query, key and value.
fn is_merged(model_type: &str, place: &str) -> bool {
    let linears = Sites::of(model_type).into_iter().flat_map(|sites| sites.layers).flat_map(|layer| layer.linears);
    let mut merged = linears.filter(|linear| linear.projection == Projection::Merged);
    merged.any(|linear| place == linear.path || place.ends_with(&format!(".{}", linear.path)))
}

fn prefix(part: &Part, weights: &Weights, config: &mut Map, changes: &mut Vec<Change>) {
    let is_flat = weights.iter().any(|tensor| {
        Name::parse(tensor.name(), &part.name).is_some_and(|(name, _)| {
            matches!(name.container, Container::Prefixes | Container::PooledPrefixes)
                && name.leaf.ends_with(".control_trans")
        })
    });
    if is_flat && !truth(config, "flat") {
        config.insert("flat", Value::Bool(true));
        changes.push(Change::note("the prefix was ejected: its tensors are flat, and `flat` becomes true"));
    }
    if ["llama", "mistral"].contains(&part.model_type()) && part.release.is_adapters_before(&[1, 1]) {
        changes.push(Change::loss(
            "adapters up to 1.0.1 made Llama's and Mistral's prefixes as wide as all heads; the newest release wants them as \
             wide as the key and value heads, and with grouped heads does not load them",
        ));
    }
}

/// Why a tensor has no place in the newest release.
pub(super) fn is_superfluous(part: &Part, weights: &Weights, name: &Name<'_>) -> Option<&'static str> {
    if name.container != Container::Invertible {
        return None;
    }
    let sites = Sites::of(part.model_type())?;
    let own = sites.invertible.strip_suffix("invertible_adapters").unwrap_or_default().trim_end_matches('.');
    let place = name.place.strip_prefix(sites.attribute).unwrap_or(name.place).trim_start_matches('.');
    let has_own = || {
        weights.iter().any(|tensor| {
            Name::parse(tensor.name(), &part.name).is_some_and(|(other, _)| {
                other.container == Container::Invertible && other.leaf == name.leaf && other.place.ends_with(own)
            })
        })
    };
    (place != own && has_own()).then_some("older releases save the invertible adapter twice")
}
