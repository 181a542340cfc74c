//! Which values of two configs make another function.

use super::loaded::Asked;
use super::outcome::{Key, Obstacle, Which};
use super::settled::{TRAINING, is_of_training, settled};
use super::side::Piece;
use crate::convert::adapterhub::facts::TRAINING_ONLY;
use crate::convert::adapterhub::is_head_default;
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::{Activation, Method};
use crate::dialects::adapterhub::sites::Sites;
use crate::dialects::adapterhub::view::ConfigView;
use crate::dialects::adapterhub::{Role, modules};
use crate::dialects::peft::LoraInit;
use crate::dialects::peft::PeftType;
use crate::dialects::peft::load::Loaded;
use crate::dialects::peft::taken::hang_together;
use crate::dialects::{File, FileKind, Targets};
use crate::document::write::to_json;
use crate::document::{Document, Format};
use crate::merge::Origin;
use crate::value::{Map, Value};

/// Why a key is harmless where the tensors say what it comes to: only as long as they are the same.
pub(super) const TENSORS: &str = "the tensors that exist show it";
pub(super) const UPDATES: &str = "the resulting updates are compared";
pub(super) const PRODUCTS: &str = "the matrices that the factors produce are compared";
const UP_PROJECTIONS: &str = "the up-projections multiplied by it are compared";
const NO_LAYERS: &str = "the model has no other layers";
const DEFAULT: &str = "the head is the same without the key";
const BY_LAYER: &str = "PEFT takes it from the kind of each layer";
const LABELS: &str = "it only names labels";

/// Keys of AdapterHub's methods that matter in training only, beside those that many have.
const OF_TRAINING: [&str; 9] = [
    "prompt_init",
    "prompt_init_text",
    "random_uniform_scale",
    "learn_phm",
    "hypercomplex_nonlinearity",
    "regularization",
    "value_initialized",
    "vera_d",
    "vera_b",
];

/// Keys of PEFT that say around what the adapter is put, if nobody does who loads it, and why the adapter is the same.
const AROUND: [(&str, &str); 5] = [
    ("base_model_name_or_path", OTHER_MODEL),
    ("revision", OTHER_MODEL),
    ("task_type", OTHER_CLASS),
    ("auto_mapping", OTHER_CLASS),
    ("peft_version", "it only says which release saved it"),
];

const OTHER_MODEL: &str = "both do the same to one model; it says which one PEFT's `AutoPeftModel` loads";
const OTHER_CLASS: &str = "both do the same in one model; it says of which class PEFT and its `AutoPeftModel` make it";

/// Keys of PEFT that say which modules are adapted.
const MODULES_OF_PEFT: [&str; 5] =
    ["target_modules", "exclude_modules", "layers_to_transform", "layers_pattern", SAVED];

/// The key of the modules that are saved in full.
const SAVED: &str = "modules_to_save";

/// Keys of PEFT that say how large the tensors are.
const SIZES_OF_PEFT: [&str; 7] =
    ["r", "lora_alpha", "rank_pattern", "alpha_pattern", "use_rslora", "num_virtual_tokens", "save_projection"];

/// Two adapters, and what keeps their tensors from showing what other values of a key are.
struct Shown<'a> {
    sides: [&'a Piece; 2],
    obstacles: &'a mut Vec<Obstacle>,
}

impl Shown<'_> {
    /// The reason why other values of a key that says which tensors there are make no other function; none where the tensors
    /// do not show it, and that is told.
    fn by_tensors(&mut self, key: &str) -> Option<&'static str> {
        let mut is_told = false;
        for (side, of) in self.sides.into_iter().zip([Which::A, Which::B]) {
            if let Asked::Not(what) = &side.loaded.asked {
                let obstacle = Obstacle { of: Some(of), what: what.clone() };
                if !self.obstacles.contains(&obstacle) {
                    self.obstacles.push(obstacle);
                }
                is_told = true;
            }
        }
        if is_told {
            return None;
        }
        let is_known =
            self.sides.iter().all(|side| side.loaded.asked == Asked::All && (key != SAVED || side.loaded.tells_saved));
        if is_known && self.shows_layers(key) {
            return Some(TENSORS);
        }
        let name = if self.sides.iter().all(|side| side.loaded.knows_layers) { "" } else { "; name it with `--model`" };
        let what = format!(
            "`{key}`: it depends on the base model whether these are all the tensors that either asks for{name}"
        );
        self.obstacles.push(Obstacle { of: None, what });
        None
    }

    /// Whether layers that only one of the two leaves out, or adapts, have tensors in the other, or the base model is known:
    /// else nobody knows whether it has them.
    fn shows_layers(&self, key: &str) -> bool {
        let key = key.rsplit('/').next().unwrap_or(key);
        if self.sides.iter().all(|side| side.loaded.knows_layers) || !["leave_out", "layers"].contains(&key) {
            return true;
        }
        let [a, b] = self.sides;
        a.loaded.layers != b.loaded.layers
    }
}

/// Takes back that keys are harmless whose difference the tensors were to show, where tensors differ: it may lie in these keys.
pub(super) fn doubt_shown(keys: &mut [Key]) {
    let is_shown = |key: &Key| {
        let why = key.harmless.as_deref();
        why.is_some_and(|why| [TENSORS, UPDATES, PRODUCTS, UP_PROJECTIONS].contains(&why))
    };
    keys.iter_mut().filter(|key| is_shown(key)).for_each(|key| key.harmless = None);
}

/// The keys with other values in the configs of two adapters, fusions or heads of AdapterHub.
pub(super) fn compare(role: Role, a: &Piece, b: &Piece, obstacles: &mut Vec<Obstacle>) -> Vec<Key> {
    let mut keys = Vec::new();
    // What a file does not say is no other value.
    let told = |piece: &Piece, key: &str| {
        let value = piece.file.get(key).filter(|value| value.as_str() != Some("") && **value != Value::Null);
        value.cloned()
    };
    for (key, harmless) in [
        ("model_type", None),
        ("hidden_size", None),
        ("model_name", Some("it only says which model it was saved from")),
        ("model_class", Some("it only says which model it was saved from")),
    ] {
        if let (Some(a), Some(b)) = (told(a, key), told(b, key)) {
            push(&mut keys, key, Some(&a), Some(&b), harmless);
        }
    }
    if role == Role::Adapter {
        methods(a, b, &mut keys, obstacles);
        return keys;
    }
    if role == Role::Fusion {
        push(&mut keys, "adapter_names", a.file.get("adapter_names"), b.file.get("adapter_names"), None);
    }
    let [own_a, own_b] =
        [a, b].map(|piece| piece.file.get("config").and_then(Value::as_map).cloned().unwrap_or_default());
    for key in all(&own_a, &own_b) {
        let harmless = match key.as_str() {
            _ if role == Role::Head && head_alike(&key, [(a, &own_a), (b, &own_b)]) => Some(DEFAULT),
            "label2id" => Some(LABELS),
            key if TRAINING_ONLY.contains(&key) || OF_TRAINING.contains(&key) => Some(TRAINING),
            _ => None,
        };
        push(&mut keys, &key, own_a.get(&key), own_b.get(&key), harmless);
    }
    for key in ["num_labels", "head_type"] {
        push(&mut keys, key, a.file.get(key), b.file.get(key), None);
    }
    keys
}

/// Whether one of two heads has a key that the other does not need, since without it the library takes the same value.
fn head_alike(key: &str, heads: [(&Piece, &Map); 2]) -> bool {
    let written = |(piece, config): (&Piece, &Map)| {
        let value = config.get(key)?;
        Some(is_head_default(config, key, value, piece.file.get("hidden_size")))
    };
    matches!(heads.map(written), [Some(true), None] | [None, Some(true)])
}

fn methods(a: &Piece, b: &Piece, keys: &mut Vec<Key>, obstacles: &mut Vec<Obstacle>) {
    let mut shown = Shown { sides: [a, b], obstacles };
    let (has_factors_in, layers) = (a.has_factor_in && b.has_factor_in, a.layers.or(b.layers));
    let documents = [a, b].map(|piece| {
        let text = to_json(&Value::Map(piece.file.clone()));
        Document::read(text.into_bytes(), Format::Json)
    });
    let [Some(root_a), Some(root_b)] = [0, 1].map(|at: usize| documents[at].root.as_ref()) else { return };
    let file = |at: usize, root| File {
        document: &documents[at],
        root,
        name: "adapter_config.json",
        model: None,
        targets: Targets::default(),
    };
    let subjects = [
        Subject::new(FileKind::AdapterConfig, file(0, root_a)),
        Subject::new(FileKind::AdapterConfig, file(1, root_b)),
    ];
    let [views_a, views_b] = [0, 1].map(|at: usize| sorted(&subjects[at]));
    let several = views_a.len().max(views_b.len()) > 1;
    for number in 0..views_a.len().max(views_b.len()) {
        let prefix = if several { format!("{number}/") } else { String::new() };
        let (Some(a), Some(b)) = (views_a.get(number), views_b.get(number)) else {
            let name = |view: Option<&&ConfigView<'_>>| view.map(|view| Value::String(view.title().to_owned()));
            let (a, b) = (name(views_a.get(number)), name(views_b.get(number)));
            push(keys, &format!("{prefix}architecture"), a.as_ref(), b.as_ref(), None);
            continue;
        };
        if a.method != b.method {
            let [a, b] = [a, b].map(|view| Value::String(view.title().to_owned()));
            push(keys, &format!("{prefix}architecture"), Some(&a), Some(&b), None);
            continue;
        }
        for (key, _) in &a.method.fields() {
            let [value_a, value_b] = [a, b].map(|view| view.value(key));
            if same(value_a.as_deref(), value_b.as_deref()) {
                continue;
            }
            let model = subjects[0].model.as_ref();
            let idle = a.idle(key, model).zip(b.idle(key, model));
            let harmless = match idle {
                Some((idle, _)) => Some(idle.reason().to_owned()),
                None if has_factors_in && key == "scaling" => Some(UP_PROJECTIONS.to_owned()),
                None if key == "leave_out" && leave_out_alike(a, b, layers) => Some(NO_LAYERS.to_owned()),
                None => harmless(key, a, b, model.map_or("", |model| &model.model_type))
                    .and_then(|why| if why == TENSORS { shown.by_tensors(key) } else { Some(why) })
                    .map(str::to_owned),
            };
            let entry = |value: Option<&Value>| value.map_or(serde_json::Value::Null, Value::told);
            keys.push(Key {
                key: format!("{prefix}{key}"),
                a: entry(value_a.as_deref()),
                b: entry(value_b.as_deref()),
                harmless,
            });
        }
    }
}

/// Whether two configs leave out the same of the layers that the model has.
fn leave_out_alike(a: &ConfigView<'_>, b: &ConfigView<'_>, layers: Option<u64>) -> bool {
    let Some(layers) = layers else { return false };
    let [a, b] = [a, b].map(|view| {
        let listed = view.listed_layers()?.iter().copied();
        Some(listed.filter(|layer| *layer < layers).collect::<Vec<_>>())
    });
    a.is_some() && a == b
}

/// The configs of methods, whichever order a union has them in.
fn sorted<'s>(subject: &'s Subject<'_>) -> Vec<&'s ConfigView<'s>> {
    let mut views: Vec<_> = subject.configs.iter().filter(|view| view.method != Method::Union).collect();
    views.sort_unstable_by_key(|view| view.title());
    views
}

/// Why another value of a key makes no other function; none if it may.
fn harmless(key: &str, a: &ConfigView<'_>, b: &ConfigView<'_>, model_type: &str) -> Option<&'static str> {
    let numbers = |key: &str| [a, b].map(|view| view.value(key).and_then(|value| value.as_f64()));
    let truth = |key: &str| a.is_true(key) || b.is_true(key);
    let scales_alike = || {
        let ([Some(alpha_a), Some(alpha_b)], [Some(r_a), Some(r_b)]) = (numbers("alpha"), numbers("r")) else {
            return false;
        };
        (alpha_a * r_b).to_bits() == (alpha_b * r_a).to_bits()
    };
    // Whether updates are compared by what they do.
    let are_plain = || super::low_rank::is_plain(a) && super::low_rank::is_plain(b);
    let compares = || are_plain() && !truth("use_dora");
    match (a.method, key) {
        _ if TRAINING_ONLY.contains(&key) || OF_TRAINING.contains(&key) => Some(TRAINING),
        (Method::PrefixTuning, "non_linearity" | "flat" | "bottleneck_size") => {
            Some("the resulting prefixes are compared")
        }
        (_, "non_linearity") => {
            let function = |view: &ConfigView<'_>| {
                let name = view.value(key)?.as_str()?.to_lowercase();
                Activation::ALL.iter().find(|known| known.name() == name).map(|known| modules::activation(*known))
            };
            (function(a).is_some() && function(a) == function(b)).then_some("it is another name for the same function")
        }
        (Method::Bottleneck, "mh_adapter" | "output_adapter" | "cross_adapter" | "leave_out") => Some(TENSORS),
        (Method::Bottleneck, "reduction_factor" | "inv_adapter_reduction_factor" | "phm_rank" | "phm_dim") => {
            Some(TENSORS)
        }
        (Method::Bottleneck, "shared_phm_rule" | "shared_W_phm" | "factorized_phm_rule" | "factorized_phm_W") => {
            Some(TENSORS)
        }
        (Method::Lora | Method::MtlLora, "selfattn_lora" | "intermediate_lora" | "output_lora" | "leave_out") => {
            Some(TENSORS)
        }
        (Method::Lora | Method::MtlLora, "attn_matrices") => {
            // A tensor does not tell which of them it is for where they are one matrix; what it does there, does.
            let merges = Sites::of(model_type).is_some_and(Sites::merges);
            if merges { compares().then_some(UPDATES) } else { Some(TENSORS) }
        }
        (Method::Lora | Method::MtlLora, "r" | "alpha") if compares() => Some(UPDATES),
        // DoRA's norm is that of the weight and B · A, without the factor; a gate stands in the place of the factor.
        (Method::Lora, "r" | "alpha") if a.is_true("use_gating") && b.is_true("use_gating") && are_plain() => {
            Some(UPDATES)
        }
        (Method::Lora | Method::MtlLora, "r" | "alpha") => scales_alike().then_some("the factor alpha / r is the same"),
        (Method::MtlLora, "weights_sharpness") => Some(UPDATES),
        (Method::MtlLora, "n_up_projection" | "task_names") => Some(TENSORS),
        (Method::PrefixTuning, "prefix_length" | "encoder_prefix" | "cross_prefix" | "use_gating") => Some(TENSORS),
        (Method::PromptTuning, "prompt_length") => Some(TENSORS),
        (Method::Reft, "layers" | "r" | "orthogonality" | "tied_weights" | "output_reft") => Some(TENSORS),
        _ => None,
    }
}

/// The keys with other values in two configs of PEFT.
pub(super) fn compare_peft(a: &Piece, b: &Piece, obstacles: &mut Vec<Obstacle>) -> Vec<Key> {
    let mut shown = Shown { sides: [a, b], obstacles };
    let [a, b] = [&a.file, &b.file].map(held);
    let method = PeftType::of(&a).filter(|method| PeftType::of(&b) == Some(*method));
    let mut keys = Vec::new();
    for key in all(&a, &b) {
        let is_lora = PeftType::of(&a) == Some(PeftType::Lora);
        let harmless = match key.as_str() {
            key if is_of_training(key) => Some(TRAINING),
            key if around(key).is_some() => around(key),
            "init_lora_weights" => [&a, &b].into_iter().all(leaves_base).then_some(TRAINING),
            key if key.starts_with("init_") => Some(TRAINING),
            "lora_alpha" | "use_rslora" | "rank_pattern" | "alpha_pattern" if is_lora => {
                Some("the resulting updates are compared")
            }
            "use_rslora" | "alpha_pattern" | "lora_alpha" => None,
            // Beside parameters it is refused.
            "fan_in_fan_out" if ![&a, &b].into_iter().any(adapts_parameters) => Some(BY_LAYER),
            key if MODULES_OF_PEFT.contains(&key) && key != SAVED && [&a, &b].into_iter().any(hang_together) => None,
            key if MODULES_OF_PEFT.contains(&key) && !same(a.get(key), b.get(key)) => shown.by_tensors(key),
            // UniLoRA's indices, where they are drawn and not saved, fill matrices of any rank with the same numbers.
            "r" if method == Some(PeftType::Unilora) => None,
            key if SIZES_OF_PEFT.contains(&key) => Some(TENSORS),
            key => method.and_then(|method| settled(method, key, [&a, &b])),
        };
        push(&mut keys, &key, a.get(&key), b.get(&key), harmless);
    }
    keys
}

/// A config as PEFT holds it: with the defaults of keys that are not written, and without those that it does not know.
fn held(file: &Map) -> Map {
    let text = to_json(&Value::Map(file.clone()));
    let document = Document::read(text.into_bytes(), Format::Json);
    Loaded::document(&document, &|_| Origin::Override, &[]).map_or_else(|_| file.clone(), |held| held.keys().value())
}

/// Why an adapter of PEFT that is put around something else is the same.
fn around(key: &str) -> Option<&'static str> {
    AROUND.iter().find(|(own, _)| *own == key).map(|(_, why)| *why)
}

fn leaves_base(file: &Map) -> bool {
    LoraInit::of(file.get("init_lora_weights")).leaves_the_base_alone()
}

fn adapts_parameters(file: &Map) -> bool {
    file.get("target_parameters").is_some_and(crate::python::is_true)
}

fn all(a: &Map, b: &Map) -> Vec<String> {
    let mut keys: Vec<_> = a.iter().chain(b.iter()).map(|(key, _)| key.to_owned()).collect();
    keys.sort();
    keys.dedup();
    keys
}

fn push(keys: &mut Vec<Key>, key: &str, a: Option<&Value>, b: Option<&Value>, harmless: Option<&str>) {
    if !same(a, b) {
        let entry = |value: Option<&Value>| value.map_or(serde_json::Value::Null, Value::told);
        keys.push(Key { key: key.to_owned(), a: entry(a), b: entry(b), harmless: harmless.map(str::to_owned) });
    }
}

/// Whether two values mean the same: `4` is `4.0`, and what is not there is null.
fn same(a: Option<&Value>, b: Option<&Value>) -> bool {
    let (a, b) = (a.unwrap_or(&Value::Null), b.unwrap_or(&Value::Null));
    a == b || matches!((a.as_f64(), b.as_f64()), (Some(a), Some(b)) if a.to_bits() == b.to_bits())
}
