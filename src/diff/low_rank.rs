//! Low-rank updates by what they do: `α/r · B · A`, or the factors of (IA)³. A gate stands in the place of `α/r`; its
//! tensors are compared by themselves.

use ndarray::{Array2, ArrayD, IxDyn};

use super::side::Place;
use super::update::{Settings, Update};
use crate::convert::{Carried, Numbers, RecipeError, Weights};
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::sites::Sites;
use crate::dialects::adapterhub::view::ConfigView;
use crate::dialects::peft::config::{Config, LoraConfig, Number};
use crate::dialects::peft::names::Part;
use crate::dialects::peft::targets::ByModule;
use crate::methods::mtl_lora::{self, MtlLora};
use crate::methods::{lora, parameters::Parameters};
use crate::python::is_true;
use crate::value::{Map, Value};

/// A, B, and what MTL-LoRA has beside them for a task, `Λ` and `w`, as AdapterHub calls them at a module.
pub(super) const FACTORS: [&str; 4] = [DOWN, UP, TASK, SHARES];
pub(super) const DOWN: &str = "lora_A";
pub(super) const UP: &str = "lora_B";
pub(super) const TASK: &str = "task_specific.values";
pub(super) const SHARES: &str = "weights";

/// The tensors of an update's gate.
pub(super) const GATE: [&str; 2] = ["gate.weight", "gate.bias"];

/// B has rows for all outputs.
const WHOLE: [bool; 3] = [true; 3];

/// Whether a config of LoRA or MTL-LoRA gives updates that are compared: it is not VeRA.
pub(super) fn is_plain(view: &ConfigView<'_>) -> bool {
    let is_vera = |key: &str| matches!(view.value(key).as_deref(), Some(Value::Float(_)));
    matches!(view.method, Method::Lora | Method::MtlLora) && !is_vera("vera_d") && !is_vera("vera_b")
}

/// What a config says of all updates.
pub(super) struct Scales {
    sites: Option<&'static Sites>,
    /// AdapterHub's settings, and those where query, key and value are one matrix.
    held: [Option<Settings>; 2],
    of_peft: Option<OfPeft>,
}

impl Scales {
    pub(super) fn new(file: &Map) -> Self {
        let model_type = file.get("model_type").and_then(Value::as_str).unwrap_or_default();
        let sites = Sites::of(model_type);
        let held = [false, true].map(|is_merged| of_adapterhub(file, is_merged));
        Self { sites, held, of_peft: OfPeft::new(file) }
    }

    /// The settings of an update; none if what it does cannot be told from A and B alone.
    pub(super) fn settings(&self, place: &Place) -> Option<Settings> {
        match place {
            Place::Held { module, .. } => {
                self.held[usize::from(self.sites.is_some_and(|sites| sites.is_merged(module)))]
            }
            Place::Part { module, part: Part::LoraA | Part::LoraB } => self.of_peft.as_ref()?.settings(module),
            _ => None,
        }
    }
}

/// What all members of the config say alike. Which of several is for which place is not told here.
fn of_adapterhub(file: &Map, is_merged: bool) -> Option<Settings> {
    let config = file.get("config").and_then(Value::as_map)?;
    let list: Vec<&Map> = match config.get("configs").and_then(Value::as_list) {
        Some(members) => members.iter().filter_map(Value::as_map).collect(),
        None => vec![config],
    };
    let is_lora =
        |member: &&Map| matches!(member.get("architecture").and_then(Value::as_str), Some("lora" | "mtl_lora"));
    let mut all = list.into_iter().filter(is_lora).map(|member| of_member(member, is_merged));
    let first = all.next()??;
    all.all(|other| other == Some(first)).then_some(first)
}

fn of_member(member: &Map, is_merged: bool) -> Option<Settings> {
    let truth = |key: &str| member.get(key).is_some_and(is_true);
    let is_vera = |key: &str| matches!(member.get(key), Some(Value::Float(_)));
    let number = |key: &str| member.get(key).and_then(Value::as_f64);
    if is_vera("vera_d") || is_vera("vera_b") {
        return None;
    }
    let scales = member.get("composition_mode").and_then(Value::as_str) == Some("scale");
    let is_gated = truth("use_gating");
    let (alpha, rank) = (number("alpha")?, number("r")?);
    let factor = match (is_gated, scales) {
        (true, _) => 1.0,
        (_, true) => alpha,
        _ => alpha / rank,
    };
    let sharpness = match member.get("architecture").and_then(Value::as_str) {
        Some("mtl_lora") if !scales => Some(number("weights_sharpness")?),
        _ => None,
    };
    let can_be_idle = !truth("use_dora");
    let matrices = member.get("attn_matrices").and_then(Value::as_list).unwrap_or_default();
    let has = |name: &str| matrices.iter().any(|matrix| matrix.as_str() == Some(name));
    let thirds = if is_merged { ["q", "k", "v"].map(has) } else { WHOLE };
    factor.is_finite().then_some(Settings { scales, factor, sharpness, can_be_idle, is_gated, thirds })
}

/// What a config of PEFT's LoRA says of its modules.
struct OfPeft {
    config: Box<LoraConfig>,
    ranks: ByModule<i64>,
    alphas: ByModule<Number>,
}

impl OfPeft {
    /// None if the config is of another method, or cannot be followed: then the factors are compared as they are.
    fn new(file: &Map) -> Option<Self> {
        let config = match Config::read(file).ok()?.config {
            Config::Lora(config) => config,
            _ => return None,
        };
        if config.use_bdlora.is_some() {
            // One of the two is laid out in blocks.
            return None;
        }
        let ranks = ByModule::new(config.rank_pattern.iter().map(|(key, rank)| (key.as_str(), *rank))).ok()?;
        let alphas = config.alpha_pattern.iter().map(|(key, alpha)| (key.as_str(), alpha.clone()));
        let alphas = ByModule::new(alphas).ok()?;
        Some(Self { config, ranks, alphas })
    }

    fn settings(&self, module: &str) -> Option<Settings> {
        let config = &self.config;
        let rank = self.ranks.get(module).ok()?.unwrap_or(config.r) as f64;
        let alpha = self.alphas.get(module).ok()?.unwrap_or_else(|| config.lora_alpha.clone()).as_f64()?;
        let factor = if config.use_rslora { alpha / rank.sqrt() } else { alpha / rank };
        let can_be_idle = !config.use_dora;
        factor.is_finite().then_some(Settings {
            scales: false,
            factor,
            sharpness: None,
            can_be_idle,
            is_gated: false,
            thirds: WHOLE,
        })
    }
}

/// The tensors of one update as a file has them.
pub(super) struct Factors<'a> {
    pub(super) down: Option<&'a Carried>,
    pub(super) up: &'a Carried,
    /// `Λ` and `w` of MTL-LoRA.
    pub(super) of_task: Option<[&'a Carried; 2]>,
}

/// The update of one adapter at one place; none if A and B do not make one.
///
/// # Errors
/// If a tensor cannot be read.
pub(super) fn update(
    settings: Settings,
    factors: &Factors<'_>,
    weights: &Weights,
) -> Result<Option<Update>, RecipeError> {
    let up = factors.up.recipe.numbers(weights)?;
    let outputs = up.shape.first().copied().unwrap_or_default();
    if settings.present() == 0 || settings.present() < 3 && !outputs.is_multiple_of(settings.present()) {
        return Ok(None);
    }
    if settings.scales {
        return Ok(Update::scaling(settings, up.values));
    }
    let Some(down) = factors.down else { return Ok(None) };
    let down = down.recipe.numbers(weights)?;
    let (up, steepness) = match settings.sharpness {
        Some(sharpness) => {
            let Some([task, shares]) = factors.of_task else { return Ok(None) };
            let [task, shares] = [task.recipe.numbers(weights)?, shares.recipe.numbers(weights)?];
            // An exponential is off by what its exponent is, which is as many steps as it is large.
            let exponent = shares.values.iter().fold(0.0, |largest: f64, share| largest.max((share / sharpness).abs()));
            (of_task(sharpness, [&down, &up, &task, &shares]), 1.0 + if exponent.is_finite() { exponent } else { 0.0 })
        }
        None => (matrix(up), 1.0),
    };
    Ok(up.zip(matrix(down)).and_then(|(up, down)| Update::adding(settings, steepness, up, down)))
}

fn matrix(numbers: Numbers) -> Option<Array2<f64>> {
    let &[rows, columns] = numbers.shape.as_slice() else { return None };
    Array2::from_shape_vec((rows, columns), numbers.values).ok()
}

/// What stands in the place of B in MTL-LoRA, of A, B, `Λ` and `w`; none if they do not fit together.
fn of_task(sharpness: f64, numbers: [&Numbers; 4]) -> Option<Array2<f64>> {
    let [&[up_projections, outputs, rank], &[_, inputs]] = [numbers[1].shape.as_slice(), numbers[0].shape.as_slice()]
    else {
        return None;
    };
    let lora = lora::Architecture { rank, inputs, outputs, groups: 1, alpha: 1.0, gates: 0, magnitude: false };
    let mut parameters = Parameters::new();
    for (role, own) in ["A", "B", "task", "weights"].into_iter().zip(numbers) {
        parameters.insert(role, ArrayD::from_shape_vec(IxDyn(&own.shape), own.values.clone()).ok()?);
    }
    let update = MtlLora::new(mtl_lora::Architecture { lora, up_projections, sharpness }, &parameters).ok()?;
    Some(update.up())
}
