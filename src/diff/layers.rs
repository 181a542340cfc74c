//! Adapters of PEFT by what they make of each layer: the change of its weight and bias, whatever the tensors are that it
//! comes from. A change that depends on the weight is taken at a weight that is drawn, always the same one.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayD};

use super::config::UPDATES;
use super::entering::{computing, rounding, set};
use super::error::DiffError;
use super::half::Half;
use super::measure::Measure;
use super::outcome::{Compared, Key, Part, State, Tensor};
use super::side::Slot;
use super::sizes::{MOST, Sizes};
use super::surrogate;
use crate::convert::RecipeError;
use crate::dialects::peft::PeftType::{
    self, Adalora, Adamss, C3a, Fourierft, Gralora, Hira, Ia3, Loha, Lokr, Lora, Psoft, Randlora, Road, Tinylora, Vera,
    Waveft,
};
use crate::dialects::peft::layout::{Layout, TOKENS};
use crate::dialects::peft::updates::{Given, Settings, Site, update};
use crate::merge_weights::{refusal, rewrites};
use crate::methods::linear::Linear;
use crate::methods::parameters::Parameters;
use crate::ordered;
use crate::tensors::Dtype;

/// Keys that say, with the tensors, what an update is, and nothing else.
const OF_UPDATE: &[&str] = &[
    "peft_type",
    "r",
    "alpha",
    "lora_alpha",
    "rank_pattern",
    "alpha_pattern",
    "use_rslora",
    "init_r",
    "target_r",
    "scaling",
    "randlora_alpha",
    "hybrid_r",
    "gralora_k",
    "decompose_both",
    "decompose_factor",
    "use_effective_conv2d",
    "block_size",
    "block_size_pattern",
    "oft_block_size",
    "boft_block_size",
    "boft_block_num",
    "boft_n_butterfly_factor",
    "coft",
    "eps",
    "use_cayley_neumann",
    "num_cayley_neumann_terms",
    "apply_GS",
    "feedforward_modules",
    "topk",
    "num_vectors",
    "vector_length",
    "save_only_topk_weights",
    "variant",
    "group_size",
    "depth",
    "act_fn",
    "para",
    "decomposition_method",
    "sparsity",
    "config_A_B",
    "config_C",
    "config_D_E",
    "projection_prng_key",
    "save_projection",
    "save_indices",
    "theta_d_length",
    "random_seed",
    "mask_type",
    "u",
    "weight_tying",
    "use_bdlora",
    "token_indices",
    "trainable_token_indices",
    "effective_rank",
    "n_frequency",
    "num_subspaces",
    "subspace_rank",
    "psoft_alpha",
    "psoft_orth",
    "psoft_mag_a",
    "psoft_mag_b",
    "cayley_neumann_eps",
];

/// Keys by which AdaMSS divides the rows of a weight among its subspaces: another weight than the one that is drawn here may
/// be divided otherwise.
const OF_CLUSTERS: [&str; 2] = ["num_subspaces", "random_seed"];

/// Keys that mean nothing without others, under which no update is compared.
const BESIDE: [&str; 2] = ["megatron_core", "qalora_group_size"];

/// Methods whose numbers are near one where they do nothing: the weight with the change says more of them than the change.
const NEAR_ONE: [PeftType; 2] = [Ia3, Road];

/// Methods whose change is linear in each of their tensors, so that a single one cannot be another and do the same, but in what
/// the others take out.
const LINEAR: [PeftType; 12] =
    [Adalora, C3a, Fourierft, Gralora, Hira, Ia3, Loha, Lokr, Randlora, Tinylora, Vera, Waveft];

/// One of the two, its tensors by layer.
struct Layers<'a> {
    half: Half<'a>,
    layout: Layout,
    /// What modules share, by their names in the update, as far as it has been asked for.
    shared: RefCell<BTreeMap<String, Arc<ArrayD<f64>>>>,
}

impl<'a> Layers<'a> {
    fn new(half: Half<'a>) -> Self {
        let names = half.piece.slots.keys().map(|name| (Cow::Borrowed(name.as_str()), name.as_str()));
        let layout = Layout::new(Settings::new(&half.piece.file).peft_type(), names);
        Self { half, layout, shared: RefCell::default() }
    }

    fn settings(&self) -> Settings<'_> {
        Settings::new(&self.half.piece.file)
    }

    /// The names of a module's own tensors.
    fn own(&self, module: &str) -> impl Iterator<Item = &str> {
        self.layout.sites.get(module).into_iter().flat_map(BTreeMap::values).map(String::as_str)
    }

    fn slots(&self, module: &str) -> Vec<(&str, &Slot)> {
        let own = self.layout.sites.get(module).into_iter().flatten();
        let all = own.chain(&self.layout.shared);
        all.filter_map(|(role, name)| Some((role.as_str(), self.half.piece.slots.get(name)?))).collect()
    }

    /// The tensors of a module and those that modules share; the module's own come first.
    fn tensors(&self, module: &str) -> Result<Parameters<f64>, RecipeError> {
        let mut tensors = Parameters::new();
        for (role, slot) in self.slots(module) {
            if tensors.get(role).is_some() {
                continue;
            }
            if self.layout.shared.contains_key(role) && !self.has(module, role) {
                tensors.insert(role, self.shared_tensor(role, slot)?);
            } else {
                tensors.insert(role, self.half.array(slot)?);
            }
        }
        Ok(tensors)
    }

    /// A tensor that modules share, made once for all.
    fn shared_tensor(&self, role: &str, slot: &Slot) -> Result<Arc<ArrayD<f64>>, RecipeError> {
        if let Some(made) = self.shared.borrow().get(role) {
            return Ok(Arc::clone(made));
        }
        let made = Arc::new(self.half.array(slot)?);
        self.shared.borrow_mut().insert(role.to_owned(), Arc::clone(&made));
        Ok(made)
    }

    fn has(&self, module: &str, role: &str) -> bool {
        self.layout.sites.get(module).is_some_and(|own| own.contains_key(role))
    }

    /// Whether A and B at a module have been compared already, by what they do: what is multiplied by no finite number is not.
    fn is_low_rank(&self, module: &str) -> bool {
        let matrix = |role: &str| {
            let name = self.layout.sites.get(module)?.get(role)?;
            self.half.piece.slots.get(name).filter(|slot| slot.carried.shape.len() == 2)
        };
        let is_scaled = |slot: &Slot| self.half.index.scales.settings(&slot.place).is_some();
        let is_blocks = self.settings().truth("use_bdlora");
        self.settings().peft_type() == Some(Lora)
            && !is_blocks
            && matrix("lora_A.weight").is_some()
            && matrix("lora_B.weight").is_some_and(is_scaled)
    }

    /// The change of weight and bias, or the `whole` of both with the change; nothing where it cannot be told.
    fn effect(&self, module: &str, tensors: &Parameters<f64>, base: &Linear<f64>, whole: bool) -> Option<Effect> {
        let drawn = Parameters::new();
        let update =
            update(self.settings(), &Site { module, layer: Given::Whole(base), tensors, drawn: &drawn }).ok()?;
        let merged = update.merged(base).ok()?;
        let bias = merged.bias.unwrap_or_else(|| Array1::zeros(0));
        if whole {
            return Some(Effect { weight: merged.weight, bias });
        }
        let before = base.bias.as_ref().filter(|before| before.len() == bias.len());
        let bias = before.map_or_else(|| bias.clone(), |before| &bias - before);
        Some(Effect { weight: update.delta(base).ok()?, bias })
    }
}

/// What an adapter makes of a layer.
struct Effect {
    weight: Array2<f64>,
    bias: Array1<f64>,
}

impl Effect {
    /// How far two are from one another; none if they are not of the same layer.
    fn measure(&self, other: &Self) -> Option<Measure> {
        if self.weight.dim() != other.weight.dim() || self.bias.len() != other.bias.len() {
            return None;
        }
        let weight = Measure::between(self.weight.iter().copied(), other.weight.iter().copied());
        let bias = Measure::between(self.bias.iter().copied(), other.bias.iter().copied());
        Some(if bias.relative() > weight.relative() { bias } else { weight })
    }
}

/// Judges the tensors of each module by what they do together, and then the keys that say so.
pub(super) fn judge(
    a: Half<'_>,
    b: Half<'_>,
    tolerance: Option<f64>,
    part: &mut Part,
    progress: &dyn Fn(usize, usize),
) -> Result<(), DiffError> {
    let sides = [Layers::new(a), Layers::new(b)];
    if sides.iter().any(is_more) {
        // Such an adapter begins with what its size takes out of the weight, or is more than an update.
        part.config.iter_mut().filter(|key| is_of_update(&key.key)).for_each(|key| key.harmless = None);
        return Ok(());
    }
    let all = judge_tensors(&sides, tolerance, part, progress)?;
    let is_clustered = sides.iter().any(|side| side.settings().peft_type() == Some(Adamss));
    judge_keys(&mut part.config, all, is_clustered);
    Ok(())
}

/// Whether an adapter is more than what is compared here.
fn is_more(side: &Layers<'_>) -> bool {
    let is_known = side.settings().peft_type() == Some(Psoft) || refusal(side.settings()).is_none();
    !is_known || rewrites(side.settings())
}

fn is_of_update(key: &str) -> bool {
    OF_UPDATE.contains(&key)
}

/// Judges the tensors. Says whether what every module does could be compared.
fn judge_tensors(
    sides: &[Layers<'_>; 2],
    tolerance: Option<f64>,
    part: &mut Part,
    progress: &dyn Fn(usize, usize),
) -> Result<bool, DiffError> {
    let [one, other] = sides;
    let other_keys = part.config.iter().any(|key| is_of_update(&key.key));
    let modules: BTreeSet<&str> = sides.iter().flat_map(|side| side.layout.sites.keys()).map(String::as_str).collect();
    let mut by_slot: BySlot<'_> = ordered::map(part.tensors.iter_mut().map(|tensor| (tensor.slot.clone(), tensor)));
    let is_same = |by_slot: &BySlot<'_>, name: &str| by_slot.get(name).is_none_or(|tensor| tensor.state.is_same());
    let shared_same = sides.iter().flat_map(|side| side.layout.shared.values()).all(|name| is_same(&by_slot, name));
    // Whether what every module does has been compared, and is the same.
    // What modules share shows nothing of them, if they have no tensors of their own.
    let is_shown = !modules.is_empty() || sides.iter().all(|side| side.layout.shared.is_empty());
    let (mut all, mut same, mut computed) = (is_shown, true, false);
    for (done, module) in modules.iter().enumerate() {
        progress(done, modules.len());
        let is_done = |side: &Layers<'_>| side.is_low_rank(module) || !side.layout.sites.contains_key(*module);
        if sides.iter().all(is_done) {
            continue;
        }
        let names: BTreeSet<&str> = one.own(module).chain(other.own(module)).collect();
        if shared_same && !other_keys && names.iter().all(|name| is_same(&by_slot, name)) {
            continue;
        }
        let shared = sides.iter().flat_map(|side| side.layout.shared.values()).map(String::as_str);
        let others: BTreeSet<&str> =
            names.iter().copied().chain(shared).filter(|name| !is_same(&by_slot, name)).collect();
        let is_linear = |side: &Layers<'_>| side.settings().peft_type().is_some_and(|method| LINEAR.contains(&method));
        let is_alone = !other_keys && others.len() == 1 && is_linear(one) && is_linear(other);
        let explained: fn(&[Dtype]) -> f64 =
            if is_alone { |types| computing(types.iter().copied()) } else { |types| rounding(types.iter().copied()) };
        let judged = compare(one, other, module, explained).map_err(DiffError::of(module))?;
        let Some(Judged { measure, step }) = judged else {
            all = false;
            continue;
        };
        computed = true;
        for name in names {
            let Some(tensor) = by_slot.get_mut(name) else { continue };
            tensor.compared = Compared::Update;
            match measure {
                Some(measure) => set(tensor, measure, tolerance.unwrap_or(step), State::Equivalent),
                None => tensor.state = State::Differs,
            }
            same &= tensor.state.is_same();
        }
    }
    if all && same && computed {
        judge_shared(sides, &mut by_slot);
    }
    Ok(all)
}

/// The tensors by their slots.
type BySlot<'t> = BTreeMap<String, &'t mut Tensor>;

/// What modules share does nothing by itself, once what they do is the same. Which of two counts is not told, where modules
/// have their own.
fn judge_shared(sides: &[Layers<'_>; 2], by_slot: &mut BySlot<'_>) {
    let is_own = |role: &str| sides.iter().any(|side| side.layout.sites.values().any(|own| own.contains_key(role)));
    let shared = sides.iter().flat_map(|side| &side.layout.shared).filter(|(role, _)| !is_own(role));
    for (_, name) in shared {
        if let Some(tensor) = by_slot.get_mut(name.as_str()).filter(|tensor| !tensor.state.is_same()) {
            (tensor.state, tensor.compared) = (State::Equivalent, Compared::Update);
        }
    }
}

/// Judges the keys, once the updates have been compared, or not `all` of them.
fn judge_keys(keys: &mut [Key], all: bool, is_clustered: bool) {
    let is_other_method = keys.iter().any(|key| key.key == "peft_type");
    let is_idle = |key: &Key| BESIDE.contains(&key.key.as_str()) || is_nothing(&key.a) && is_nothing(&key.b);
    for key in keys {
        if is_clustered && OF_CLUSTERS.contains(&key.key.as_str()) {
            key.harmless = None;
        } else if is_of_update(&key.key) {
            key.harmless = all.then(|| UPDATES.to_owned()).or_else(|| key.harmless.take().filter(|why| why != UPDATES));
        } else if all && is_other_method && is_idle(key) {
            key.harmless = Some("it has no effect with these values".to_owned());
        }
    }
}

/// A value that asks for nothing.
fn is_nothing(value: &serde_json::Value) -> bool {
    use serde_json::Value as Json;
    match value {
        Json::Null | Json::Bool(false) => true,
        Json::String(text) => text == "none",
        Json::Array(list) => list.is_empty(),
        Json::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// What was found of a module.
struct Judged {
    /// How far the effects are from one another; none if they are of different layers.
    measure: Option<Measure>,
    /// What rounding explains.
    step: f64,
}

/// Compares what both make of a module, with what is `explained` of tensors of these types. Nothing where that cannot be told.
fn compare(
    one: &Layers<'_>,
    other: &Layers<'_>,
    module: &str,
    explained: fn(&[Dtype]) -> f64,
) -> Result<Option<Judged>, RecipeError> {
    let sides = [one, other];
    if sides.iter().any(|side| !side.layout.sites.contains_key(module)) {
        return Ok(None);
    }
    let tensors = [one.tensors(module)?, other.tensors(module)?];
    let dtypes = sides.iter().flat_map(|side| side.slots(module)).map(|(_, slot)| slot.carried.dtype);
    let step = explained(&dtypes.collect::<Vec<_>>());
    let [kind_a, kind_b] = [0, 1].map(|at| (sides[at].settings().peft_type(), sides[at].has(module, TOKENS)));
    let [surrogate_a, surrogate_b] = [0, 1].map(|at| surrogate::of(sides[at].settings(), module, &tensors[at]));
    if let (true, Some((a, bias_a)), Some((b, bias_b))) = (kind_a == kind_b, surrogate_a, surrogate_b) {
        let (a, b) = (Effect { weight: a, bias: bias_a }, Effect { weight: b, bias: bias_b });
        let same_tokens = surrogate::tokens(one.settings(), module) == surrogate::tokens(other.settings(), module);
        return Ok(Some(Judged { measure: a.measure(&b).filter(|_| same_tokens), step }));
    }
    if kind_a.1 || kind_b.1 {
        return Ok(None);
    }
    let told = |at: usize| Sizes::told(sides[at].settings(), module, &tensors[at]);
    let (Some(size_a), Some(size_b)) = (told(0), told(1)) else { return Ok(None) };
    let Some(size) = size_a.of_both(size_b) else { return Ok(Some(Judged { measure: None, step })) };
    // Without a number a tensor may be as long as it likes.
    if !size.outputs.checked_mul(size.inputs).is_some_and(|count| (1..=MOST).contains(&count)) {
        return Ok(None);
    }
    let base = base(size);
    let whole = sides.iter().any(|side| side.settings().peft_type().is_some_and(|method| NEAR_ONE.contains(&method)));
    let [Some(effect_a), Some(effect_b)] = [0, 1].map(|at| sides[at].effect(module, &tensors[at], &base, whole)) else {
        return Ok(None);
    };
    Ok(Some(Judged { measure: effect_a.measure(&effect_b), step }))
}

/// A layer that is drawn from nothing of the adapters.
fn base(size: Sizes) -> Linear<f64> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = || {
        // Xorshift.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as f64 / (1_u64 << 53) as f64 - 0.5
    };
    let weight = Array2::from_shape_simple_fn((size.outputs, size.inputs), &mut draw);
    Linear { weight, bias: Some(Array1::from_shape_simple_fn(size.outputs, draw)) }
}
