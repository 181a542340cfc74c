//! What PEFT trains: most of what it saves, and some parameters from which it makes the saved tensors.
//! `fixtures/peft/held.jsonl` has what PEFT itself trained.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use super::case::Case;
use super::saved::has_key;
use super::{Adapted, BASE, Expected, Stop};
use crate::dialects::peft::PeftType::{
    Adamss, Cartridge, Delora, Frod, Glora, Lily, Lora, PTuning, PrefixTuning, Pvera, Randlora, Shira, Supertuning,
    Tinylora, TrainableTokens, Unilora, Vblora, Vera,
};
use crate::dialects::peft::defaults;
use crate::dialects::peft::targets::Written;
use crate::models::Tree;
use crate::value::Value;

/// What training does with a saved tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    /// It is trained.
    Trained,
    /// It stays as it began: random matrices, indices, copies of the base model's weights.
    Frozen,
    /// It has the numbers of a trained one that stands before it: several modules share a parameter.
    Repeated,
    /// It is made of parameters that are not saved.
    Made,
}

/// What is trained, in a config that is not for inference alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Training {
    /// What becomes of each saved tensor, in their order.
    pub saved: Vec<Nature>,
    /// What is trained and not saved, under the names of PEFT's modules.
    pub unsaved: Vec<Expected>,
    /// How many numbers are trained, as `get_nb_trainable_parameters` counts them. `None` if the size of a tensor does not
    /// follow from config and model, such as that of a head for a number of labels that the model's config does not say.
    pub numbers: Option<u64>,
}

/// What PEFT trains of a model that was adapted. `None` where a size is not known.
pub(super) fn of(case: &Case<'_>, adapted: &Adapted) -> Result<Training, Stop> {
    let tensors = adapted.tensors.as_ref().ok_or(Stop::Unknown)?;
    let unsaved = unsaved(case, tensors)?;
    let mut saved: Vec<_> = tensors.iter().map(|tensor| nature(case, tensor, !unsaved.is_empty())).collect();
    let sharing = Sharing::new(case, &adapted.modules, tensors)?;
    let mut before = HashSet::new();
    for (tensor, nature) in tensors.iter().zip(&mut saved) {
        if *nature == Nature::Trained && !before.insert(sharing.parameter(&tensor.name)) {
            *nature = Nature::Repeated;
        }
    }
    // LoRAs of tied embeddings have the same numbers, but are parameters of their own to PEFT, which counts both.
    let is_counted = |tensor: &Expected, nature: Nature| match nature {
        Nature::Trained => true,
        Nature::Repeated => tensor.name.contains(".lora_"),
        Nature::Frozen | Nature::Made => false,
    };
    let trained = tensors.iter().zip(&saved).filter(|(tensor, nature)| is_counted(tensor, **nature));
    let all = trained.map(|(tensor, _)| tensor).chain(&unsaved);
    let numbers = all.map(Expected::elements).try_fold(0, |sum: u64, elements| sum.checked_add(elements?));
    Ok(Training { saved, unsaved, numbers })
}

fn nature(case: &Case<'_>, tensor: &Expected, is_made: bool) -> Nature {
    let name = tensor.name.as_str();
    if is_made && (name == "prompt_embeddings" || name.contains("_topk_")) {
        return Nature::Made;
    }
    // What is saved of the base model stays as it is, unless biases are trained.
    let is_of_base = name.contains(".original_module.")
        || name.ends_with(".base_layer.weight")
        || (name.ends_with(".base_layer.bias") && !trains_biases(case));
    let is_frozen = is_of_base
        || match case.method {
            Adamss => name.ends_with(".adamss_newB"),
            Delora => name.ends_with(".delora_w_norm"),
            Frod => ["frod_V", "frod_s_indices", "frod_s_size"].iter().any(|part| name.contains(part)),
            Glora => name.ends_with(".zeros"),
            Lora => {
                let is_b = name.contains(".lora_B.") || name.contains(".lora_embedding_B");
                (case.lora_init().freezes_b() && is_b)
                    || [".lora_velora_embed", ".expert_weights", ".gaussian_var_prior"]
                        .iter()
                        .any(|end| name.ends_with(end))
            }
            Pvera => name.ends_with("pvera_A") || name.ends_with("pvera_B"),
            Randlora => name.ends_with("randlora_A") || name.ends_with("randlora_B"),
            Shira => name.ends_with(".shira_indices"),
            Supertuning => name.ends_with(".supertuning_indices"),
            Tinylora => ["A", "B", "P"].iter().any(|part| name.ends_with(&format!(".tinylora_{part}"))),
            Unilora => name.contains(".unilora_indices_") || name.contains(".unilora_scales_"),
            Vera => name.ends_with("vera_A") || name.ends_with("vera_B"),
            _ => false,
        };
    if is_frozen { Nature::Frozen } else { Nature::Trained }
}

/// Whether the biases of adapted modules are trained. With an adapted output layer its bias is saved all the same.
fn trains_biases(case: &Case<'_>) -> bool {
    has_key(case.method, "bias") && case.text("bias").is_ok_and(|which| which != "none")
}

/// Which saved tensors are the same parameter.
struct Sharing<'c> {
    /// The names of all saved tensors.
    names: HashSet<&'c str>,
    /// The modules that have the weight of the input embeddings, where what is trained of these is tied, too.
    tied: Vec<String>,
    /// Lily's halves by name, with what stands for the parameter.
    lily: HashMap<String, String>,
}

impl<'c> Sharing<'c> {
    fn new(case: &Case<'_>, modules: &[String], tensors: &'c [Expected]) -> Result<Self, Stop> {
        let is_tied = case.method == TrainableTokens || case.flag("ensure_weight_tying");
        let lily = if case.method == Lily { lily(case, modules)? } else { HashMap::new() };
        let names = tensors.iter().map(|tensor| tensor.name.as_str()).collect();
        Ok(Self { names, tied: if is_tied { with_weight_of_input(case.tree) } else { Vec::new() }, lily })
    }

    /// What stands for the parameter that a tensor is saved of.
    fn parameter<'n>(&'n self, name: &'n str) -> Cow<'n, str> {
        // With all biases, those of what is saved whole are saved by their path in PEFT's wrapper as well.
        for wrapper in [".modules_to_save.default", ".modules_to_save", ".ln_tuning_layers.default"] {
            let plain = name.replacen(wrapper, "", 1);
            if plain != name && self.names.contains(plain.as_str()) {
                return Cow::Owned(plain);
            }
        }
        if let Some(shared) = self.lily.get(name) {
            return Cow::Borrowed(shared);
        }
        let of = |module: &String| name.strip_prefix(BASE)?.strip_prefix(module.as_str())?.strip_prefix('.');
        match self.tied.iter().find_map(of) {
            // The output layer's LoRA is that of the embeddings, turned round.
            Some("lora_embedding_A" | "lora_B.weight") => Cow::Borrowed("input embeddings: rows"),
            Some("lora_embedding_B" | "lora_A.weight") => Cow::Borrowed("input embeddings: columns"),
            Some(end) => Cow::Owned(format!("input embeddings: {end}")),
            None => Cow::Borrowed(name),
        }
    }
}

/// The modules that have the weight of the input embeddings.
fn with_weight_of_input(tree: &Tree) -> Vec<String> {
    let output = tree.output.filter(|_| tree.is_tied);
    tree.sharing().into_iter().chain(output).chain(tree.input).map(str::to_owned).collect()
}

/// Lily's B is that of all modules of a target and a shape, and its A that of so many of them one after another
/// (`LilyModel._post_injection_hook`).
fn lily(case: &Case<'_>, modules: &[String]) -> Result<HashMap<String, String>, Stop> {
    let stride = case.size("stride_A")?;
    let targets = case.written("target_modules")?;
    let targets =
        targets.or_else(|| defaults::target_modules(case.method, case.tree.model_type)).ok_or(Stop::Unknown)?;
    let mut counts: HashMap<String, u64> = HashMap::new();
    let mut shared = HashMap::new();
    for name in modules {
        let module = case.tree.module(name).ok_or(Stop::Unknown)?;
        let target = match &targets {
            // Of all linear layers PEFT makes a list, some of it whole names and some only ends.
            Written::Text(text) if text == "all-linear" => return Err(Stop::Unknown),
            Written::Text(text) => text,
            Written::List(names) => {
                match names.iter().filter(|end| name.ends_with(end.as_str())).collect::<Vec<_>>()[..] {
                    [end] => end,
                    // Of several, any may be the one.
                    _ => return Err(Stop::Unknown),
                }
            }
        };
        let group = format!("{target} {:?}", module.widths());
        let at = counts.entry(group.clone()).or_default();
        shared.insert(format!("{BASE}{name}.lily_A.weight"), format!("A of {group}, {}", *at / stride));
        shared.insert(format!("{BASE}{name}.lily_B.weight"), format!("B of {group}"));
        *at += 1;
    }
    Ok(shared)
}

/// The parameters from which saved tensors are made.
fn unsaved(case: &Case<'_>, tensors: &[Expected]) -> Result<Vec<Expected>, Stop> {
    match case.method {
        PTuning => encoder(case, &prompt(tensors)?),
        PrefixTuning if case.flag("prefix_projection") => projection(case, &prompt(tensors)?),
        Cartridge => {
            let [tokens, width] = prompt(tensors)?;
            let trained = tokens.saturating_sub(case.number("num_frozen_tokens")?);
            let is_whole = trained == tokens;
            Ok(if is_whole { Vec::new() } else { vec![named("prompt_encoder.trainable_embedding", [trained, width])] })
        }
        Vblora if case.flag("save_only_topk_weights") => {
            let count = case.size("num_vectors")?;
            let logits = |tensor: &Expected| {
                let name = tensor.name.strip_suffix("_topk_weights")?;
                let mut shape = tensor.shape.clone();
                *shape.last_mut()? = Some(count);
                Some(Expected { name: name.to_owned(), shape })
            };
            Ok(tensors.iter().filter_map(logits).collect())
        }
        _ => Ok(Vec::new()),
    }
}

/// The sizes of the prompt that is saved.
fn prompt(tensors: &[Expected]) -> Result<[u64; 2], Stop> {
    let shape = tensors.iter().find(|tensor| tensor.name == "prompt_embeddings").map(|tensor| tensor.shape.as_slice());
    match shape {
        Some(&[Some(tokens), Some(width)]) => Ok([tokens, width]),
        _ => Err(Stop::Unknown),
    }
}

/// P-tuning's network and what goes into it. It has a row for every token.
fn encoder(case: &Case<'_>, [tokens, width]: &[u64; 2]) -> Result<Vec<Expected>, Stop> {
    let (tokens, width) = (*tokens, *width);
    let hidden = hidden(case, width)?;
    let mut rows = vec![named("prompt_encoder.embedding.weight", [tokens, width])];
    let head = |layers: &[(u64, [u64; 2])]| {
        layers
            .iter()
            .flat_map(|(at, [out, inner])| linear(&format!("prompt_encoder.mlp_head.{at}"), *out, *inner))
            .collect::<Vec<_>>()
    };
    match case.text("encoder_reparameterization_type")? {
        "MLP" => rows.extend(head(&[(0, [hidden, width]), (2, [hidden, hidden]), (4, [width, hidden])])),
        "LSTM" => {
            let both = hidden.checked_mul(2).ok_or(Stop::Unknown)?;
            let gates = hidden.checked_mul(4).ok_or(Stop::Unknown)?;
            let layers = case.size("encoder_num_layers")?;
            if layers > MOST_LAYERS {
                return Err(Stop::Unknown);
            }
            for (layer, direction) in (0..layers).flat_map(|layer| [(layer, ""), (layer, "_reverse")]) {
                let inner = if layer == 0 { width } else { both };
                let at = |part: &str| format!("prompt_encoder.lstm_head.{part}_l{layer}{direction}");
                rows.extend([named(&at("weight_ih"), [gates, inner]), named(&at("weight_hh"), [gates, hidden])]);
                rows.extend([named(&at("bias_ih"), [gates]), named(&at("bias_hh"), [gates])]);
            }
            rows.extend(head(&[(0, [both, both]), (2, [width, both])]));
        }
        _ => return Err(Stop::Unknown),
    }
    Ok(rows)
}

/// No network of tokens has more layers.
const MOST_LAYERS: u64 = 1024;

/// The network that a prefix is made by. What goes into it is as wide as a token, not as the prefix.
fn projection(case: &Case<'_>, [tokens, prefix]: &[u64; 2]) -> Result<Vec<Expected>, Stop> {
    let width = super::prefix::token_width(case)?;
    let hidden = hidden(case, width)?;
    let mut rows = vec![named("prompt_encoder.embedding.weight", [*tokens, width])];
    rows.extend(linear("prompt_encoder.transform.0", hidden, width));
    rows.extend(linear("prompt_encoder.transform.2", *prefix, hidden));
    Ok(rows)
}

/// The width of the network: that of a token where the config has none.
fn hidden(case: &Case<'_>, width: u64) -> Result<u64, Stop> {
    match case.value("encoder_hidden_size") {
        Value::Null => Ok(width),
        _ => case.size("encoder_hidden_size"),
    }
}

fn linear(at: &str, out: u64, inner: u64) -> [Expected; 2] {
    [named(&format!("{at}.weight"), [out, inner]), named(&format!("{at}.bias"), [out])]
}

fn named<const N: usize>(name: &str, shape: [u64; N]) -> Expected {
    Expected { name: name.to_owned(), shape: shape.into_iter().map(Some).collect() }
}
