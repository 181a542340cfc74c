use std::collections::BTreeMap;

use super::{Placed, Site};
use crate::dialects::adapterhub::config::Dtype as Asked;
use crate::dialects::adapterhub::modules::{self, Module};
use crate::methods::parameters::{Axis, Nature, Parameter};
use crate::tensors::Dtype;

/// A tensor of an adapter.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// The layer, counted through the whole model as `get_adapter` counts; `None` for what belongs to no layer.
    pub layer: Option<u64>,
    /// The layer under which `get_adapter` lists the tensor, see [`Placed::listed`].
    pub listed: Option<u64>,
    /// The place in the layer or model.
    pub site: Site,
    /// The method.
    pub method: SlotMethod,
    /// The role in the method's equations.
    pub role: String,
    /// The shape, with the symbols of the equations.
    pub shape: Vec<Axis>,
    /// The type of its numbers, as it begins.
    pub dtype: Dtype,
    /// What training does with it (`train_adapter`).
    pub nature: Nature,
    /// The name under which `save_adapter` writes it, or the name in the state dict if it does not.
    pub name: String,
    /// The other names under which `save_adapter` writes it.
    pub aliases: Vec<String>,
    /// Names in the state dict that `save_adapter` leaves out, beside those that it writes.
    pub unsaved: Vec<String>,
    /// Whether it is saved at all.
    pub saved: bool,
}

/// The methods, told apart by what they compute rather than by the config's `architecture`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SlotMethod {
    /// Bottleneck adapters, Compacter's included.
    Bottleneck,
    /// Invertible adapters.
    Invertible,
    /// LoRA and DoRA.
    Lora,
    /// VeRA and DVoRA.
    Vera,
    /// MTL-LoRA.
    MtlLora,
    /// (IA)³.
    Ia3,
    /// Prefix tuning.
    PrefixTuning,
    /// Prompt tuning.
    PromptTuning,
    /// ReFT.
    Reft,
    /// AdapterFusion.
    Fusion,
}

impl SlotMethod {
    /// The name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bottleneck => "bottleneck",
            Self::Invertible => "invertible",
            Self::Lora => "lora",
            Self::Vera => "vera",
            Self::MtlLora => "mtl-lora",
            Self::Ia3 => "ia3",
            Self::PrefixTuning => "prefix-tuning",
            Self::PromptTuning => "prompt-tuning",
            Self::Reft => "reft",
            Self::Fusion => "fusion",
        }
    }

    fn of(module: &Module) -> Self {
        match module {
            Module::Bottleneck(_) => Self::Bottleneck,
            Module::Coupling(_) => Self::Invertible,
            Module::Lora(_) => Self::Lora,
            Module::Vera(_) => Self::Vera,
            Module::MtlLora(_) => Self::MtlLora,
            Module::Ia3(_) => Self::Ia3,
            Module::Prefix(_) | Module::PrefixGate { .. } => Self::PrefixTuning,
            Module::Prompt(_) => Self::PromptTuning,
            Module::Reft(_) => Self::Reft,
            Module::Fusion(_) => Self::Fusion,
        }
    }
}

/// The tensors of modules, each once, under the names of a class whose attribute `attribute` is the base model; empty
/// for the bare base model.
#[must_use]
pub fn slots(placed: &[Placed], attribute: &str) -> Vec<Slot> {
    placed.iter().flat_map(|placed| of_module(placed, attribute)).collect()
}

fn of_module(placed: &Placed, attribute: &str) -> Vec<Slot> {
    let is_shared = placed.site == Site::Shared;
    let parameters = if is_shared { placed.module.shared_parameters() } else { placed.module.parameters() };
    let slot = |parameter: Parameter| {
        let (leaf, other_leaves) = if is_shared {
            (modules::shared_leaf(&parameter.role), Vec::new())
        } else {
            let leaf = modules::leaf(&placed.module, &parameter.role);
            (leaf.name, leaf.aliases)
        };
        let leaves: Vec<_> = std::iter::once(leaf).chain(other_leaves).collect();
        let paths = std::iter::once(&placed.path).chain(&placed.aliases);
        let names =
            paths.flat_map(|path| leaves.iter().map(move |leaf| (is_saved(placed, path, attribute), path, leaf)));
        let names = names.map(|(saved, path, leaf)| (saved, format!("{}{path}.{leaf}", prefix(attribute))));
        let (saved, unsaved): (Vec<_>, Vec<_>) = names.partition(|(saved, _)| *saved);
        let mut saved: Vec<_> = saved.into_iter().map(|(_, name)| name).collect();
        let mut unsaved: Vec<_> = unsaved.into_iter().map(|(_, name)| name).collect();
        let is_saved = !saved.is_empty();
        let name = if is_saved { saved.remove(0) } else { unsaved.remove(0) };
        Slot {
            layer: placed.layer,
            listed: placed.listed,
            site: placed.site.clone(),
            method: SlotMethod::of(&placed.module),
            dtype: dtype(placed, &parameter.role),
            nature: nature(&placed.module, parameter.nature),
            role: parameter.role,
            shape: parameter.shape,
            name,
            aliases: saved,
            unsaved,
            saved: is_saved,
        }
    };
    parameters.into_iter().map(slot).collect()
}

fn prefix(attribute: &str) -> String {
    if attribute.is_empty() { String::new() } else { format!("{attribute}.") }
}

/// `save_adapter` looks for `.shared_parameters.`, and so passes over it at the very beginning of a name. Everything
/// else stands below some module.
fn is_saved(placed: &Placed, path: &str, attribute: &str) -> bool {
    placed.site != Site::Shared || !attribute.is_empty() || !path.starts_with("shared_parameters.")
}

/// `train_adapter` also trains the rule of a config with `learn_phm: false`.
fn nature(module: &Module, nature: Nature) -> Nature {
    match (module, nature) {
        (Module::Bottleneck(_), Nature::Frozen) => Nature::Trained,
        _ => nature,
    }
}

/// The type that a config asks for is that of the low-rank matrices, DoRA's lengths and ReFT's linear maps alone.
fn dtype(placed: &Placed, role: &str) -> Dtype {
    let (_, last) = role.rsplit_once('.').unwrap_or(("", role));
    if ["alpha_p", "alpha_n", "beta", "epsilon"].contains(&last) {
        return Dtype::Bf16;
    }
    let asked = match &placed.module {
        Module::Lora(_) | Module::Vera(_) | Module::MtlLora(_) => ["A", "B", "magnitude"].contains(&role),
        Module::Reft(_) => last != "slope",
        _ => false,
    };
    let dtype = match placed.dtype.filter(|_| asked) {
        None | Some(Asked::Float32 | Asked::Float) => Dtype::F32,
        Some(Asked::Float64 | Asked::Double) => Dtype::F64,
        Some(Asked::Float16 | Asked::Half) => Dtype::F16,
        Some(Asked::Bfloat16) => Dtype::Bf16,
    };
    // Rows can be kept orthonormal with no less than 32 bits.
    let is_kept = matches!(&placed.module, Module::Reft(reft) if reft.orthogonal) && role.contains(".projection.");
    if is_kept && dtype.size() < 4 { Dtype::F32 } else { dtype }
}

/// How many numbers an adapter has.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Totals {
    /// All parameters, each once, as `adapter_summary` counts them.
    pub parameters: u64,
    /// Those that are trained.
    pub trained: u64,
    /// The parameters by the layer under which `get_adapter` lists them; `None` for what belongs to no layer.
    pub per_layer: BTreeMap<Option<u64>, u64>,
}

impl Totals {
    /// The totals of some tensors. Sums that do not fit are as large as they can be.
    #[must_use]
    pub fn of(slots: &[Slot]) -> Self {
        let mut totals = Self::default();
        for slot in slots.iter().filter(|slot| slot.nature != Nature::Buffer) {
            let elements = slot.elements();
            totals.parameters = totals.parameters.saturating_add(elements);
            if slot.nature == Nature::Trained {
                totals.trained = totals.trained.saturating_add(elements);
            }
            let layer = totals.per_layer.entry(slot.listed).or_default();
            *layer = layer.saturating_add(elements);
        }
        totals
    }
}

impl Slot {
    /// The number of elements; as large as it can be where it does not fit.
    #[must_use]
    pub fn elements(&self) -> u64 {
        self.shape.iter().fold(1_u64, |product, axis| product.saturating_mul(axis.size as u64))
    }
}
