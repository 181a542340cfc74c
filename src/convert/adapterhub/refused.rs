//! What a release does not load or run, though it knows every key and value of it. Each case was found by running the
//! releases.

use super::super::peft::Places;
use super::super::{Change, Options, Target};
use super::left_out::left_out;
use super::route::Route;
use crate::dialects::adapterhub::config::{architecture_of, members, members_mut};
use crate::dialects::adapterhub::sites::Sites;
use crate::models::{ModelType, Quirk};
use crate::python::is_true;
use crate::value::{Map, Value};

/// Tells what the release would refuse of a config in the newest release's shape, and takes away what it can do
/// without.
pub(super) fn tell(route: Route<'_>, config: &mut Map, changes: &mut Vec<Change>) {
    for member in members_mut(config) {
        begin_otherwise(route, member, changes);
    }
    let members = members(config);
    useless(route, &members, changes);
    hypercomplex(route, &members, changes);
    for member in members.iter().filter(|member| architecture_of(member) == Some("prefix_tuning")) {
        prefix(route, member, changes);
    }
}

fn is(member: &Map, key: &str) -> bool {
    member.get(key).is_some_and(is_true)
}

/// How the numbers began does not matter to who loads them, but it stops releases from making a place for them.
fn begin_otherwise(route: Route<'_>, member: &mut Map, changes: &mut Vec<Change>) {
    let begins = member.get("init_weights").and_then(Value::as_str) == Some("mam_adapter");
    if begins && is(member, "ln_before") && route.target.begins_norms_as_matrices() {
        member.insert("init_weights", Value::String("bert".to_owned()));
        changes.push(Change::note(format!(
            "{} cannot initialise an adapter with `ln_before` by `init_weights` \"mam_adapter\": the value becomes \
             \"bert\", which matters in training only",
            route.target
        )));
    }
}

/// Members that older releases took and that had no place, or the same as another.
fn useless(route: Route<'_>, members: &[&Map], changes: &mut Vec<Change>) {
    // PEFT does not read the config of the newest release, which stands between.
    if !route.target.refuses_useless_members() || route.options.target == Target::Peft {
        return;
    }
    let target = route.target;
    let is_low_rank = |member: &&&Map| matches!(architecture_of(member), Some("lora" | "mtl_lora"));
    if members.iter().filter(is_low_rank).count() > 1 {
        changes.push(Change::refusal(format!("{target} refuses a union that contains more than one LoRA or (IA)³")));
    }
    let model_type = route.part.model_type();
    let has_prompts = ModelType::of(model_type).is_none_or(|row| row.prompt_tuning);
    if !has_prompts && members.iter().any(|member| architecture_of(member) == Some("prompt_tuning")) {
        changes.push(Change::refusal(format!(
            "{target} refuses prompt tuning in {model_type}, which older releases accepted but did not use"
        )));
    }
}

/// The first layer has to have something of the adapter.
fn hypercomplex(route: Route<'_>, members: &[&Map], changes: &mut Vec<Change>) {
    if !members.iter().any(|member| architecture_of(member).is_none() && is(member, "phm_layer")) {
        return;
    }
    // Prefixes are made when it has been looked there, but for their gates.
    let is_late = |member: &Map| architecture_of(member) == Some("prefix_tuning") && !is(member, "use_gating");
    let nothing = members.iter().all(|member| is_late(member) || left_out(member).any(|layer| layer == 0));
    if nothing && route.target.looks_for_compacter_in_first_layer() {
        changes.push(Change::refusal(format!(
            "{} does not load an adapter with hypercomplex layers that leaves out layer 0",
            route.target
        )));
    }
}

/// Where all layers of a stack share the scores of positions, all or none have to have a prefix.
fn prefix(route: Route<'_>, member: &Map, changes: &mut Vec<Change>) {
    let model_type = route.part.model_type();
    let numbers: Vec<_> = left_out(member).collect();
    if !Quirk::SharedPositions.is_of(model_type) || route.target.mixes_prefixes_in_t5(model_type) {
        return;
    }
    if numbers.is_empty() || keeps_stacks_whole(model_type, route.options, &numbers) {
        return;
    }
    changes.push(Change::refusal(format!(
        "{} cannot run {model_type} with a prefix in only some layers of a stack: `leave_out` is {numbers:?}",
        route.target
    )));
}

/// Whether each stack of layers is left out as a whole or not at all; what nobody knows is not.
fn keeps_stacks_whole(model_type: &str, options: &Options, numbers: &[u64]) -> bool {
    let Some(sites) = Sites::of(model_type) else { return false };
    let places = Places::new(sites, options.model.as_ref(), std::iter::empty());
    let mut first = 0;
    places.certain
        && places.layers.iter().all(|layers| {
            let stack = first..first + layers;
            first += layers;
            let left = stack.clone().filter(|layer| numbers.contains(layer)).count() as u64;
            left == 0 || left == *layers
        })
}
