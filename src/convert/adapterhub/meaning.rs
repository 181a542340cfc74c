//! Where the same file means another function in another release, and what follows from that. Each case was found by
//! running the releases (`fixtures/checkpoints`).

use super::super::{Change, Recipe, Reft};
use super::route::{Recast, Route};
use super::{Part, former, scaling};
use crate::dialects::adapterhub::config::members_mut;
use crate::dialects::adapterhub::names::{Container, Name};
use crate::dialects::adapterhub::release::Release;
use crate::dialects::adapterhub::sites::Sites;
use crate::models::Quirk;
use crate::python::is_true;
use crate::tensors::Dtype;
use crate::value::{Map, Value};

/// Changes the config, which is the newest release's, so that it means in the target what it meant in its own release.
/// Returns what has to be done to tensors where the config alone cannot say it.
pub(super) fn adjust(route: Route<'_>, config: &mut Map, changes: &mut Vec<Change>) -> Vec<Recast> {
    members_mut(config).into_iter().filter_map(|member| adjust_one(route, member, changes)).collect()
}

fn adjust_one(route: Route<'_>, config: &mut Map, changes: &mut Vec<Change>) -> Option<Recast> {
    let architecture = config.get("architecture").and_then(Value::as_str).map(str::to_owned);
    match architecture.as_deref() {
        None => {
            bottleneck(route, config, changes);
            return scaling::fold(route, config, changes);
        }
        Some("lora" | "mtl_lora") => return low_rank(route, config, changes),
        Some("prefix_tuning") => prefix(route, config, changes),
        Some("reft") if !truth(config, "orthogonality") => return reft(route, config, changes),
        _ => {}
    }
    None
}

fn truth(config: &Map, key: &str) -> bool {
    config.get(key).is_some_and(is_true)
}

fn bottleneck(route: Route<'_>, config: &mut Map, changes: &mut Vec<Change>) {
    let Route { part, .. } = route;
    let release = part.release;
    if truth(config, "inv_adapter") {
        invertible(route, config, changes);
    }
    if Quirk::TwoModels.is_of(part.model_type())
        && route.has(Container::Invertible)
        && route.differs(Release::inverts_behind_decoder)
    {
        changes.push(Change::loss(
            "in an encoder-decoder model, adapter-transformers applies the inverse of the invertible adapter after the \
             decoder, before the words are predicted; adapters does not",
        ));
    }
    let is_of_decoder = |name: Name<'_>| name.place.starts_with("decoder.") && name.place.contains(".encoder.layer.");
    if truth(config, "mh_adapter")
        && Quirk::TwoModels.is_of(part.model_type())
        && route.differs(Release::adapts_cross_attention_of_decoder)
        && route.names().any(is_of_decoder)
    {
        changes.push(Change::loss(
            "adapter-transformers up to 2.3 has no adapters after the cross-attention of an encoder-decoder model made of \
             BERTs, but later releases do",
        ));
    }
    let shares = truth(config, "phm_layer") && (truth(config, "shared_phm_rule") || truth(config, "shared_W_phm"));
    if shares && !route.has(Container::Shared) {
        changes.push(Change::loss(format!(
            "what all Compacter layers share is not in the file: {release}, or a bare base model, does not save it, and \
             without it the adapter cannot be rebuilt"
        )));
    }
    let is_swapped = Quirk::ResidualSwapped.is_of(part.model_type());
    if is_swapped && route.differs(Release::swaps_residual_of_t5) && !is_symmetric(config) {
        changes.push(Change::loss(
            "adapter-transformers up to 3.0 swaps the block's output and its residual in T5's adapters, unlike other \
             releases; for this config that is a different function, which no key can express",
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

fn invertible(route: Route<'_>, config: &mut Map, changes: &mut Vec<Change>) {
    let Route { part, target, .. } = route;
    let stays_typed = part.release.is_typed() && target.is_typed();
    if !route.has(Container::Invertible) {
        if !stays_typed {
            config.insert("inv_adapter", Value::Null);
            config.insert("inv_adapter_reduction_factor", Value::Null);
            // In 1.x nearly every config names one, and only adapters of languages have it.
            if !part.release.is_typed() {
                changes.push(Change::note(
                    "the config names an invertible adapter that the file does not contain; the key is dropped",
                ));
            }
        }
        return;
    }
    let nested = part.written().and_then(|config| config.get("invertible_adapter")).and_then(Value::as_map);
    let own = nested.and_then(|nested| nested.get("non_linearity")).and_then(Value::as_str);
    let adapter = part.written().and_then(|config| config.get("non_linearity")).and_then(Value::as_str);
    if let (Some(own), Some(adapter)) = (own, adapter)
        && !own.eq_ignore_ascii_case(adapter)
        && !stays_typed
    {
        changes.push(Change::loss(format!(
            "the invertible adapter has its own activation, {own}; newer releases use the adapter's, {adapter}"
        )));
    }
    if Quirk::InvertedBeforePositions.is_of(part.model_type()) && route.differs(Release::inverts_before_positions) {
        changes.push(Change::loss(
            "adapter-transformers applies GPT-2's invertible adapters before the position embeddings, adapters after them, \
             which is a different function",
        ));
    }
}

/// The factor of an update is `alpha / r`, or 1 where a release does not apply it.
fn low_rank(route: Route<'_>, config: &mut Map, changes: &mut Vec<Change>) -> Option<Recast> {
    let Route { part, target, .. } = route;
    let release = part.release;
    // 3.x took `dropout` with factors and did not apply it; adapters asks for none.
    let scales = config.get("composition_mode").and_then(Value::as_str) == Some("scale");
    if scales && target.is_adapters() && truth(config, "dropout") {
        config.insert("dropout", Value::Float(0.0));
        changes.push(Change::note(format!(
            "{target} refuses `dropout` with factors, to which it was never applied: it becomes 0"
        )));
    }
    let is_vera = ["vera_d", "vera_b"].iter().any(|key| matches!(config.get(key), Some(Value::Float(_))));
    if is_vera && !route.has(Container::Shared) {
        changes.push(Change::loss("VeRA's shared matrices are not in the file: a bare base model does not save them"));
    }
    // What the file says; the loader may have put `r` in the place of `alpha` already, as the library does.
    let written = part.written().filter(|written| written.contains_key("alpha"));
    if let Some(alpha) = written.and_then(|written| written.get("alpha")) {
        config.insert("alpha", alpha.clone());
    }
    let number = |key: &str| config.get(key).and_then(Value::as_f64);
    let (Some(alpha), Some(rank)) = (number("alpha"), number("r")) else { return None };
    #[expect(clippy::float_cmp, reason = "both are as written")]
    let is_one = alpha == rank;
    if truth(config, "use_gating") || !route.differs(Release::scales_plain_layers) {
        return None;
    }
    let sites = Sites::of(part.model_type());
    let is_merged = move |place: &str| sites.is_some_and(|sites| sites.is_merged(place));
    let places = route.names().filter(|name| name.container == Container::Loras);
    let (merged, plain): (Vec<_>, Vec<_>) = places.partition(|name| is_merged(name.place));
    if is_one && merged.is_empty() {
        former::restore(route, config);
    }
    if is_one || plain.is_empty() {
        return None;
    }
    let scales = target.scales_plain_layers();
    let to = if scales { rank / alpha } else { alpha / rank };
    let older = if scales { release } else { target };
    let stays = older.alpha_is_harmless() && is_exact(route, to);
    let has_merged = !merged.is_empty();
    changes.push(Change::note(rescaled(route, has_merged, stays, rank)));
    if !has_merged && !stays {
        // So it stays right whoever reads it.
        let r = config.get("r").cloned().unwrap_or(Value::Null);
        config.insert("alpha", r);
        if scales {
            return None;
        }
    }
    Some(Box::new(move |from, name| {
        let applies = name.container == Container::Loras && name.leaf == "lora_B" && !is_merged(name.place);
        applies.then(|| Recipe::tensor(from).scaled(to))
    }))
}

/// What is said of `alpha`, of which one of the two releases does not multiply the updates by `alpha / r`; `stays` where it
/// is as it was although there are no merged projections.
fn rescaled(Route { part, target, .. }: Route<'_>, has_merged: bool, stays: bool, rank: f64) -> String {
    let release = part.release;
    match (target.scales_plain_layers(), has_merged, stays) {
        (true, true, _) => format!(
            "{release} applied alpha / r in merged projections only: alpha stays, and the updates of plain layers are \
             divided by alpha / r"
        ),
        (false, true, _) => format!(
            "{target} applies alpha / r in merged projections only: alpha stays, and the updates of plain layers are \
             multiplied by alpha / r"
        ),
        (true, false, true) => format!(
            "{release} did not apply alpha / r: alpha stays, and the updates are divided by alpha / r, without rounding"
        ),
        (true, false, false) => format!("{release} did not apply alpha / r: alpha becomes {rank}"),
        (false, false, true) => {
            format!("{target} does not apply alpha / r: the updates are multiplied by it, without rounding")
        }
        (false, false, false) => format!("{target} does not apply alpha / r: the updates are multiplied by it"),
    }
}

/// Whether updates can be multiplied by a factor, and divided by it again, without rounding: by a power of two, in types
/// whose smallest numbers are far away.
fn is_exact(route: Route<'_>, factor: f64) -> bool {
    const MANTISSA: u64 = (1 << 52) - 1;
    let is_power = factor.is_normal() && factor.to_bits() & MANTISSA == 0 && factor.log2().abs() <= 32.0;
    is_power && route.weights.iter().all(|tensor| matches!(tensor.dtype(), Dtype::F64 | Dtype::F32 | Dtype::Bf16))
}

fn prefix(route: Route<'_>, config: &mut Map, changes: &mut Vec<Change>) {
    let is_flat = route.names().any(|name| {
        matches!(name.container, Container::Prefixes | Container::PooledPrefixes)
            && name.leaf.ends_with(".control_trans")
    });
    if is_flat && !truth(config, "flat") {
        config.insert("flat", Value::Bool(true));
        changes.push(Change::note("the prefix was ejected: its tensors are flat, and `flat` becomes true"));
    }
    if Quirk::StrayPrefixes.is_of(route.part.model_type()) && route.differs(Release::strays_in_prefixes_of_bart) {
        changes.push(Change::loss(
            "adapters before 1.0 computes prefixes in BART's decoder differently from all other releases",
        ));
    }
    prefix_of_clip(route, changes);
    let has_groups = match &route.options.model {
        Some(model) => model.key_value_heads.is_some_and(|own| model.heads != Some(own)),
        None => true,
    };
    if Quirk::WidePrefixes.is_of(route.part.model_type()) && route.differs(Release::has_wide_prefixes) && has_groups {
        changes.push(Change::loss(
            "in adapters up to 1.0.1, Llama's and Mistral's prefixes are as wide as all heads, in newer releases as wide as \
             the key and value heads: they are the same only if the base model, which has to be named, has no grouped heads",
        ));
    }
}

fn prefix_of_clip(route: Route<'_>, changes: &mut Vec<Change>) {
    let is_of_text = |name: Name<'_>| name.leaf.starts_with("clip_text_model_self_prefix");
    if !route.names().any(is_of_text) {
        return;
    }
    if route.differs(Release::raises_prefixes_of_clip) {
        changes.push(Change::loss(
            "before adapters 1.0, the attention of CLIP's text model adds 1 to the score of each prefix, but not in newer \
             releases",
        ));
    } else if route.differs(Release::raises_prefixes_of_eager_clip) {
        changes.push(Change::note(
            "adapters 1.0 to 1.2 adds 1 to the score of each prefix in CLIP's text model if it is loaded with \
             `attn_implementation=\"eager\"`, but not by default",
        ));
    }
}

/// A file cannot tell DiReFT from NoReFT, and every release reads it as NoReFT. What DiReFT computes, NoReFT computes with
/// the projection added to the learned source: `P' (S x + b)` is `P' ((S + P) x + b - P x)`.
fn reft(route: Route<'_>, config: &Map, changes: &mut Vec<Change>) -> Option<Recast> {
    let written = route.part.written().and_then(|written| written.get("subtract_projection"));
    let told = route.options.reft.or(match written {
        Some(Value::Bool(true)) => Some(Reft::NoReft),
        Some(Value::Bool(false)) => Some(Reft::DiReft),
        _ => None,
    });
    match told {
        Some(Reft::NoReft) => None,
        Some(Reft::DiReft) if config.get("non_linearity").is_some_and(|name| *name != Value::Null) => {
            changes.push(Change::loss(
                "DiReFT with an activation cannot be written: adapters saves it as NoReFT, which is a different function",
            ));
            None
        }
        Some(Reft::DiReft) => {
            changes.push(Change::note(
                "DiReFT is written as a NoReFT that computes the same: the projections are added to the learned sources",
            ));
            Some(Box::new(|from, name| {
                let is_source = name.container == Container::Refts && name.leaf.ends_with("learned_source.weight");
                let projection = from.strip_suffix("learned_source.weight")?;
                is_source.then(|| Recipe::tensor(from).plus(Recipe::tensor(format!("{projection}projection.weight"))))
            }))
        }
        None => {
            changes.push(Change::loss(
                "NoReFT and DiReFT look the same in a file, and adapters itself reads it as NoReFT: only whoever trained it \
                 knows, and has to say, whether it is `noreft` or `direft`",
            ));
            None
        }
    }
}

/// Whether a tensor is the second one of an invertible adapter that its release saved twice.
pub(super) fn is_superfluous(route: Route<'_>, name: &Name<'_>) -> bool {
    let Some(own) = own_invertible(route.part) else { return false };
    if name.container != Container::Invertible {
        return false;
    }
    let has_own = || {
        route.names().any(|other| {
            other.container == Container::Invertible && other.leaf == name.leaf && other.place.ends_with(own)
        })
    };
    bare(route.part, name.place) != own && has_own()
}

/// The second name of an invertible adapter, in releases that saved it twice: that of the whole model.
pub(super) fn second_place<'n>(route: Route<'_>, name: &Name<'n>) -> Option<&'n str> {
    let own = own_invertible(route.part).filter(|own| !own.is_empty())?;
    let is_own = name.container == Container::Invertible && bare(route.part, name.place) == own;
    (is_own && route.target.saves_invertible_twice())
        .then(|| name.place.strip_suffix(own).unwrap_or_default().trim_end_matches('.'))
}

/// The module that holds the invertible adapters of the base model.
fn own_invertible(part: &Part) -> Option<&'static str> {
    let sites = Sites::of(part.model_type())?;
    Some(sites.invertible.strip_suffix("invertible_adapters").unwrap_or_default().trim_end_matches('.'))
}

/// A place in the bare base model.
fn bare<'n>(part: &Part, place: &'n str) -> &'n str {
    let attribute = Sites::of(part.model_type()).map_or("", |sites| sites.attribute);
    match place.strip_prefix(attribute) {
        Some("") => "",
        Some(rest) => rest.strip_prefix('.').unwrap_or(place),
        None => place,
    }
}
