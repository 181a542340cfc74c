//! Shadow: modules at each block of a decoder, and a small copy of the decoder beside it. All of their names keep the
//! adapter's in their middle.

use super::case::Case;
use super::saved::{HEADS, saved};
use super::{Expected, Refusal, Rows, Stop, row};
use crate::dialects::peft::PeftType::Shadow;
use crate::dialects::peft::targets::Written;
use crate::models::Tree;
use crate::models::tree::{Kind, Module};
use crate::python::is_true;
use crate::value::Value;

/// Where a model's decoder is looked for.
const BACKBONES: [&str; 4] = ["model", "transformer", "base_model", "decoder"];

/// What the list of its blocks is called.
const LISTS: [&str; 2] = ["layers", "h"];

/// What the config class of a model calls its width.
const WIDTHS: [&str; 3] = ["hidden_size", "n_embd", "d_model"];

/// What it calls the number of its blocks.
const COUNTS: [&str; 3] = ["num_hidden_layers", "n_layer", "num_layers"];

/// What it calls the width of the feed-forward layer.
const INNER_WIDTHS: [&str; 3] = ["intermediate_size", "ffn_dim", "n_inner"];

/// The modules that are targeted where the config says nothing: every block.
pub(super) fn targets(case: &Case<'_>) -> Result<Written, Stop> {
    let backbone = backbone(case.tree).ok_or(Stop::Refused(Refusal::NoDefault))?;
    let list = backbone.list();
    let is_block = |name: &&str| name.rsplit_once('.').is_some_and(|(parent, _)| parent == list);
    Ok(Written::List(case.tree.names().filter(is_block).map(str::to_owned).collect()))
}

/// Shadow passes a state of its own from block to block, which no other module of the model can take.
pub(super) fn check(case: &Case<'_>, modules: &[&Module]) -> Result<(), Stop> {
    let Some(first) = modules.first().filter(|_| case.method == Shadow) else { return Ok(()) };
    let is_layer = |module: &&Module| matches!(module.kind, Kind::Linear | Kind::Conv1D);
    // What enters the first one has to be as long as the state, which the numbers of tokens are not.
    let takes_tokens = first.kind == Kind::Embedding;
    if takes_tokens || (modules.len() > 1 && modules.iter().all(is_layer)) {
        return Err(Stop::Refused(Refusal::Unsupported { module: first.name.clone(), kind: first.kind }));
    }
    let list = backbone(case.tree).ok_or(Stop::Unknown)?.list();
    let is_block = |module: &Module| module.name.rsplit_once('.').is_some_and(|(parent, _)| parent == list);
    if modules.iter().all(|module| is_block(module)) { heads(case) } else { Err(Stop::Unknown) }
}

/// That the heads of the second network can share its keys, of which it has as many as the model.
fn heads(case: &Case<'_>) -> Result<(), Stop> {
    const KEY: &str = "shadow_num_attention_heads";
    let heads = case.value(KEY).as_i64().and_then(|heads| u64::try_from(heads).ok()).filter(|heads| *heads > 0);
    let is_mirror = case.text("shadow_model")? == "mirror";
    let has_keys = is_mirror && case.tree.names().any(|name| name.ends_with(".k_proj"));
    let shared = case.tree.config.get("num_key_value_heads").filter(|_| has_keys).and_then(Value::as_i64);
    let shared = shared.and_then(|shared| u64::try_from(shared).ok()).filter(|shared| *shared > 0);
    match (heads, shared) {
        (Some(heads), Some(shared)) if !heads.is_multiple_of(shared) => {
            let need = format!("{heads} heads of the shadow network cannot share the keys and values of {shared}");
            Err(Stop::Refused(Refusal::Unfit { key: KEY, need }))
        }
        _ => Ok(()),
    }
}

/// The tensors at one block: what brings the difference of the two states in, and what moves the second state on.
pub(super) fn at(case: &Case<'_>) -> Rows {
    let width = WIDTHS.iter().find_map(|key| case.tree.size(key)).ok_or(Stop::Unknown)?;
    let r = case.size("r")?;
    let inner = match case.value("update_hidden_size") {
        Value::Null => r,
        _ => Some(case.number("update_hidden_size")?).filter(|inner| *inner > 0).unwrap_or(r),
    };
    let mut rows = vec![row("shadow_down.default.weight", [r, width]), row("shadow_up.default.weight", [width, r])];
    for network in ["shadow_update_transform.default", "shadow_update_gate.default"] {
        rows.extend([
            row(&format!("{network}.0.weight"), [inner, width]),
            row(&format!("{network}.0.bias"), [inner]),
            row(&format!("{network}.2.weight"), [width, inner]),
            row(&format!("{network}.2.bias"), [width]),
        ]);
    }
    Ok(rows)
}

/// The tensors of the second network, and of its head.
pub(super) fn network(case: &Case<'_>) -> Result<Vec<Expected>, Stop> {
    if case.method != Shadow {
        return Ok(Vec::new());
    }
    // Of another width it has heads of a width that the file of the model does not say.
    let is_other = ["shadow_hidden_size", "shadow_num_attention_heads"].iter().any(|key| is_true(case.value(key)));
    if is_other || case.text("shadow_model")? != "mirror" {
        return Err(Stop::Unknown);
    }
    let of_config = |key: &str| case.config.get(key).filter(|value| is_true(value)).map(|_| case.size(key));
    let layers = of_config("shadow_num_hidden_layers").unwrap_or(Ok(1))?;
    let mut sizes = vec![(&COUNTS[..], layers)];
    if let Some(inner) = of_config("shadow_intermediate_size") {
        sizes.push((&INNER_WIDTHS, inner?));
    }
    let tree = case.tree.resized(&sizes).ok_or(Stop::Unknown)?;
    let backbone = backbone(&tree).ok_or(Stop::Unknown)?;
    let shares = case.flag("share_embeddings");
    let mut tensors = Vec::new();
    for module in &tree.modules {
        let Some(own) = backbone.strip(&module.name) else { continue };
        if shares && own == "embed_tokens" {
            continue;
        }
        for (parameter, shape) in &module.parameters {
            let name = format!("base_model.shadow_backbone.default.{own}.{parameter}");
            tensors.push(Expected { name, shape: shape.clone() });
        }
    }
    if case.value("task_type").as_str() == Some("SEQ_CLS") {
        let head = HEADS.into_iter().find(|head| case.tree.module(head).is_some());
        // What is in it is saved whole too, under its own name.
        if head.is_some_and(|head| !saved(case).is_ok_and(|saved| saved.iter().any(|name| name == head))) {
            return Err(Stop::Unknown);
        }
        for module in &case.tree.modules {
            let rest = head.and_then(|head| module.name.strip_prefix(head));
            let Some(rest) = rest.filter(|rest| rest.is_empty() || rest.starts_with('.')) else { continue };
            for (parameter, shape) in &module.parameters {
                let name = format!("base_model.shadow_head.default{rest}.{parameter}");
                tensors.push(Expected { name, shape: shape.clone() });
            }
        }
    }
    Ok(tensors)
}

/// A decoder in a model.
struct Backbone {
    /// Its name; nothing if it is the model itself.
    name: String,
    /// What the list of its blocks is called.
    list: &'static str,
}

impl Backbone {
    /// The name of the list of blocks.
    fn list(&self) -> String {
        if self.name.is_empty() { self.list.to_owned() } else { format!("{}.{}", self.name, self.list) }
    }

    /// The name of a module within it.
    fn strip<'n>(&self, name: &'n str) -> Option<&'n str> {
        if self.name.is_empty() { Some(name) } else { name.strip_prefix(&self.name)?.strip_prefix('.') }
    }
}

/// The decoder of a model (`_get_backbone`, `_get_decoder_layers`).
fn backbone(tree: &Tree) -> Option<Backbone> {
    let has = |name: &str| tree.module(name).is_some();
    let with_list = |name: &str| {
        let find = |list: &&str| {
            let path = if name.is_empty() { (*list).to_owned() } else { format!("{name}.{list}") };
            tree.module(&path).is_some_and(|module| module.kind == Kind::ModuleList)
        };
        LISTS.into_iter().find(find).map(|list| Backbone { name: name.to_owned(), list })
    };
    let within = |name: &str| {
        let decoder = if name.is_empty() { "decoder".to_owned() } else { format!("{name}.decoder") };
        with_list(&decoder).or_else(|| with_list(name))
    };
    for attribute in BACKBONES {
        if attribute != "base_model" {
            if has(attribute) {
                return within(attribute);
            }
            continue;
        }
        // transformers gives the model without its head under this name, or the model itself where it has none.
        let base = tree.names().filter(|name| !name.contains('.')).find(|name| within(name).is_some());
        let itself = with_list("").is_some() || with_list("decoder").is_some();
        return if itself { within("") } else { within(base?) };
    }
    None
}
