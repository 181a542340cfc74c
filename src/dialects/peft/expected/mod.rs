//! What PEFT makes of a config on a model: which modules it adapts, which tensors it then saves, or why it refuses.
//!
//! A method's tensors stand in the file of its family; `fixtures/peft/expected.jsonl` has what PEFT itself saved.

mod adaption;
#[cfg(feature = "oracle")]
mod any_size;
mod auxiliary;
mod blocks;
mod case;
pub(crate) mod condensed;
mod convolutions;
mod flat;
mod kinds;
mod low_rank;
mod parameters;
mod patterns;
mod prefix;
mod prompts;
mod replaced;
mod replicated;
mod rotations;
mod saved;
mod select;
mod shadow;
mod shared;
mod sparse;
mod subspaces;
mod takers;
mod ties;
mod training;
mod variants;
mod xlora;

use std::fmt;

pub(super) use self::kinds::is_refused_by_name;

use crate::dialects::peft::PeftType::{
    Adalora, Adamss, Beft, Boft, C3a, Deft, Delora, Fourierft, Frod, Glora, Gralora, Hira, Hra, Ia3, Lily, LnTuning,
    Loha, Lokr, Lora, Miss, Oft, Osf, Peanut, Poly, Psoft, Pvera, Randlora, Road, Shadow, Shira, Supertuning, Tinylora,
    TrainableTokens, Unilora, Vblora, Vera, Waveft,
};
use crate::dialects::peft::uses::MethodUses;
use crate::models::Tree;
use crate::models::tree::{Kind, Module};
use crate::value::Map;

pub(crate) use super::names::BASE;
pub(super) use adaption::attention_of;
#[cfg(feature = "oracle")]
pub(crate) use any_size::{ROTATIONS, of_any_size, of_rotations};
use case::Case;
pub(super) use parameters::{adapted as adapted_parameters, unmatched as unmatched_parameters};
pub(super) use prefix::held as prompt_sizes;
pub(super) use replaced::replaced;
#[cfg(feature = "oracle")]
pub(crate) use saved::HEADS;
pub(crate) use saved::{has_modules_to_save, heads};
pub use select::unmatched;
pub use training::{Nature, Training};

/// A tensor that PEFT saves.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Expected {
    /// Its name in the file.
    pub name: String,
    /// Its shape. A dimension that does not follow from config and model is `None`.
    pub shape: Vec<Option<u64>>,
}

impl Expected {
    /// How many numbers it has. `None` if a dimension is not known, or they cannot be counted.
    #[must_use]
    pub fn elements(&self) -> Option<u64> {
        self.shape.iter().try_fold(1, |product: u64, size| product.checked_mul((*size)?))
    }
}

/// Whether a tensor has the shape that is wanted.
#[cfg(feature = "oracle")]
pub(crate) fn fits(shape: &[usize], wanted: &[Option<u64>]) -> bool {
    shape.len() == wanted.len()
        && shape.iter().zip(wanted).all(|(size, wanted)| wanted.is_none_or(|wanted| u64::try_from(*size) == Ok(wanted)))
}

/// A shape that is wanted, with a `?` for what is not known of it.
#[cfg(feature = "oracle")]
pub(crate) fn shown(wanted: &[Option<u64>]) -> String {
    let sizes: Vec<_> = wanted.iter().map(|size| size.map_or("?".to_owned(), |size| size.to_string())).collect();
    format!("[{}]", sizes.join(", "))
}

/// What a config does to a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Adapted {
    /// The modules that are adapted, in the order of the model.
    pub modules: Vec<String>,
    /// The modules of which parameters are adapted, by `target_parameters`.
    pub in_parts: Vec<String>,
    /// The tensors that are saved, by name. `None` where they depend on more than config and model.
    pub tensors: Option<Vec<Expected>>,
}

impl Adapted {
    /// Every module that PEFT wraps, as a whole or in parts.
    pub(crate) fn wrapped(&self) -> impl Iterator<Item = &str> {
        self.modules.iter().chain(&self.in_parts).map(String::as_str)
    }
}

/// Why PEFT refuses to adapt a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// No `target_modules`, and PEFT has none for this type of model.
    NoDefault,
    /// No module matches `target_modules`.
    NothingMatched,
    /// Whatever matches is excluded, by `exclude_modules` or `modules_to_save`.
    AllExcluded,
    /// A module of a kind that the method cannot adapt.
    Unsupported {
        /// The module.
        module: String,
        /// Its kind.
        kind: Kind,
    },
    /// A size of a module does not go with a value of the config.
    Misfit {
        /// The module.
        module: String,
        /// The key.
        key: &'static str,
        /// What would have to hold.
        need: String,
    },
    /// A size of the model itself does not go with a value of the config.
    Unfit {
        /// The key.
        key: &'static str,
        /// What would have to hold.
        need: String,
    },
    /// The model's type is not one of the few that the method can adapt.
    ModelType,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDefault => write!(f, "PEFT has no default `target_modules` for this type of model"),
            Self::NothingMatched => write!(f, "no module of the model matches `target_modules`"),
            Self::AllExcluded => write!(f, "every module that could be adapted is excluded"),
            Self::Unsupported { module, kind } => {
                write!(f, "`{module}` is of kind {kind}, which cannot be adapted")
            }
            Self::Misfit { module, need, .. } => write!(f, "at `{module}`, {need}"),
            Self::Unfit { need, .. } => write!(f, "{need}"),
            Self::ModelType => write!(f, "the method cannot adapt a model of this type"),
        }
    }
}

impl std::error::Error for Refusal {}

/// Why nothing is said of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Stop {
    /// Nothing is known about it.
    Unknown,
    /// PEFT refuses.
    Refused(Refusal),
}

/// A tensor at a module: the end of its name, and its shape.
type Row = (String, Vec<Option<u64>>);

/// The tensors at one module.
type Rows = Result<Vec<Row>, Stop>;

/// A row of a known shape.
fn row<const N: usize>(end: &str, shape: [u64; N]) -> (String, Vec<Option<u64>>) {
    (end.to_owned(), shape.into_iter().map(Some).collect())
}

/// What PEFT makes of a config on a model. `None` where that is not known: a method or a key that nothing is said about
/// here, a pattern that cannot be followed, or a value of another type than PEFT works with.
///
/// # Errors
/// If PEFT refuses to adapt the model.
pub fn expect(config: &Map, tree: &Tree) -> Option<Result<Adapted, Refusal>> {
    match whole(&MethodUses::own_keys(config), tree) {
        Ok(adapted) => Some(Ok(adapted)),
        Err(Stop::Refused(refusal)) => Some(Err(refusal)),
        Err(Stop::Unknown) => None,
    }
}

/// What PEFT trains of a model that [`expect`] says is adapted so. Whether the config is for inference makes no difference.
/// `None` where that is not known.
#[must_use]
pub fn training(config: &Map, tree: &Tree, adapted: &Adapted) -> Option<Training> {
    let config = MethodUses::own_keys(config);
    training::of(&Case::new(&config, tree)?, adapted).ok()
}

/// Whether a model that was adapted can be run, as far as the config and the type of the model tell.
///
/// # Errors
/// If it raises an error for every input.
pub fn check_run(config: &Map, tree: &Tree) -> Result<(), Refusal> {
    let config = MethodUses::own_keys(config);
    let Some(case) = Case::new(&config, tree).filter(Case::is_small) else { return Ok(()) };
    takers::run(&case)?;
    blocks::run(&case)?;
    kinds::run(&case)?;
    flat::check(&case)
}

fn whole(config: &Map, tree: &Tree) -> Result<Adapted, Stop> {
    let case = Case::new(config, tree).filter(Case::is_small).ok_or(Stop::Unknown)?;
    match replicated::tree(&case)? {
        None => adapted(&case),
        Some(tree) => adapted(&Case::new(config, &tree).filter(Case::is_small).ok_or(Stop::Unknown)?),
    }
}

fn adapted(case: &Case<'_>) -> Result<Adapted, Stop> {
    if let Some(tensors) = prompts::tensors(case)? {
        return Ok(Adapted { modules: Vec::new(), in_parts: Vec::new(), tensors: Some(tensors) });
    }
    if let Some(adapted) = xlora::adapted(case)? {
        return Ok(adapted);
    }
    let parameters = parameters::tensors(case)?;
    let modules = select::modules(case, !parameters.is_empty())?;
    parameters::check(case, &parameters, &modules)?;
    let in_parts: Vec<_> = parameters.iter().map(|adapted| adapted.module).collect();
    let mut refused = None;
    let mut tensors: Option<Vec<_>> = Some(parameters.into_iter().flat_map(|adapted| adapted.tensors).collect());
    patterns::check(case, &modules)?;
    shared::check(case, &modules)?;
    sparse::check(case)?;
    blocks::check(case, &modules)?;
    shadow::check(case, &modules)?;
    for module in &modules {
        if !kinds::supports(case.method, module, case.tree.model_type)? {
            let refusal = Refusal::Unsupported { module: module.name.clone(), kind: module.kind };
            return Err(refused.unwrap_or(Stop::Refused(refusal)));
        }
        match at(case, module, &modules) {
            Ok(rows) => {
                let rows = rows
                    .into_iter()
                    .map(|(end, shape)| Expected { name: format!("{BASE}{}.{end}", module.name), shape });
                tensors.iter_mut().for_each(|tensors: &mut Vec<_>| tensors.extend(rows.clone()));
            }
            Err(Stop::Unknown) => tensors = None,
            Err(stop) => {
                refused.get_or_insert(stop);
            }
        }
    }
    if let Some(stop) = refused {
        return Err(stop);
    }
    let tensors = match tensors {
        None => None,
        Some(mut tensors) => match shared::tensors(case, &modules).and_then(|rows| {
            tensors.extend(rows);
            tensors.extend(shadow::network(case)?);
            auxiliary::tensors(case, &modules, &in_parts, &mut tensors)
        }) {
            Ok(()) => {
                tensors.sort_unstable();
                tensors.dedup();
                Some(tensors)
            }
            Err(Stop::Unknown) => None,
            Err(stop) => return Err(stop),
        },
    };
    let names = |modules: &[&Module]| modules.iter().map(|module| module.name.clone()).collect();
    Ok(Adapted { modules: names(&modules), in_parts: names(&in_parts), tensors })
}

/// The tensors at one module. Where the model's config leaves open how many rows its weight has, as with the labels of a
/// classifier, what is the same for few rows and for many is known.
fn at(case: &Case<'_>, module: &Module, all: &[&Module]) -> Rows {
    const FEW_AND_MANY: [u64; 4] = [1, 2, 3, 840];
    let (Kind::Linear, Some(&[None, Some(inner)])) = (module.kind, module.parameter("weight")) else {
        return of_sizes(case, module, all);
    };
    let of_rows = |rows: u64| {
        let parameters = module.parameters.iter().map(|(name, shape)| match *name {
            "weight" => (*name, vec![Some(rows), Some(inner)]),
            "bias" => (*name, vec![Some(rows)]),
            _ => (*name, shape.clone()),
        });
        let sized = Module { parameters: parameters.collect(), ..module.clone() };
        // What is refused may be for that number of rows alone.
        of_sizes(case, &sized, all).map_err(|_| Stop::Unknown)
    };
    let mut known = of_rows(FEW_AND_MANY[0])?;
    for rows in &FEW_AND_MANY[1..] {
        known = same(known, of_rows(*rows)?).ok_or(Stop::Unknown)?;
    }
    Ok(known)
}

/// What two lists of tensors have in common; `None` if they have other names.
fn same(known: Vec<Row>, other: Vec<Row>) -> Option<Vec<Row>> {
    let is_same =
        known.iter().map(|(end, shape)| (end, shape.len())).eq(other.iter().map(|(end, shape)| (end, shape.len())));
    let size = |(known, other): (Option<u64>, Option<u64>)| known.filter(|_| known == other);
    let common = |((end, known), (_, other)): (Row, Row)| (end, known.into_iter().zip(other).map(size).collect());
    is_same.then(|| known.into_iter().zip(other).map(common).collect())
}

/// The tensors at one module whose sizes are known.
fn of_sizes(case: &Case<'_>, module: &Module, all: &[&Module]) -> Rows {
    match case.method {
        _ if convolutions::is_one(module) => convolutions::at(case, module),
        Lora | Adalora | Loha | Lokr | Hira | Deft | Delora | Gralora | Glora | Peanut | Poly | Lily | Osf => {
            low_rank::at(case, module)
        }
        Boft | Oft | Hra | Road | Psoft | Miss => rotations::at(case, module),
        Fourierft | Waveft | C3a | Shira | Supertuning | Ia3 | Beft | TrainableTokens => sparse::at(case, module, all),
        Vera | Pvera | Randlora | Frod | Vblora | Unilora | Tinylora => shared::at(case, module, all),
        LnTuning => blocks::at(case, module),
        Adamss => subspaces::at(case, module),
        Shadow => shadow::at(case),
        _ => Err(Stop::Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialects::peft::PeftType;
    use crate::value::Value;

    const LLAMA: &str = r#""model_type": "llama", "vocab_size": 64, "num_hidden_layers": 2, "intermediate_size": 64,
        "num_attention_heads": 4, "num_key_value_heads": 2"#;
    const MISTRAL: &str = r#""model_type": "mistral", "vocab_size": 64, "num_hidden_layers": 3, "intermediate_size": 48,
        "num_attention_heads": 4, "num_key_value_heads": 2"#;

    /// The key at which PEFT refuses a config on a model of this width, if it does.
    fn refused_at(model: &str, width: u64, config: &str) -> Option<&'static str> {
        let map = |text: &str| match serde_json::from_str::<serde_json::Value>(text) {
            Ok(json) => Value::from(&json).as_map().cloned().expect("it is an object"),
            Err(error) => panic!("{text}: {error}"),
        };
        let model = map(&format!("{{{model}, \"hidden_size\": {width}}}"));
        let config = map(&format!("{{\"task_type\": \"CAUSAL_LM\", {config}}}"));
        let tree = Tree::of(&model, Some("CAUSAL_LM")).expect("the model is known");
        match expect(&config, &tree) {
            Some(Err(Refusal::Misfit { key, .. } | Refusal::Unfit { key, .. })) => Some(key),
            Some(Err(other)) => panic!("{other}"),
            Some(Ok(_)) | None => None,
        }
    }

    #[test]
    fn names_without_end_are_not_held_against_a_deep_model() {
        let value = |json: &serde_json::Value| Value::from(json).as_map().cloned().expect("it is an object");
        let names: Vec<_> = (0..5000).map(|number| format!("module_{number}")).collect();
        let config = |count: usize| {
            let names = &names[..count];
            value(&serde_json::json!({"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": names}))
        };
        let model = value(&serde_json::json!({"model_type": "llama", "num_hidden_layers": 200}));
        let tree = Tree::of(&model, Some("CAUSAL_LM")).expect("the model is known");
        assert_eq!(expect(&config(10), &tree), Some(Err(Refusal::NothingMatched)));
        assert_eq!(expect(&config(5000), &tree), None);
    }

    #[test]
    fn models_of_no_width_are_judged_too() {
        // With more heads than units each head has none, and so have their projections.
        let value = |json: &serde_json::Value| Value::from(json).as_map().cloned().expect("it is an object");
        for (width, heads) in [(16, 32), (0, 4), (4, 0), (1, 1), (0, 0)] {
            let model = value(&serde_json::json!({
                "model_type": "llama", "hidden_size": width, "num_attention_heads": heads, "num_hidden_layers": 1,
                "intermediate_size": width, "vocab_size": width,
            }));
            let tree = Tree::of(&model, Some("CAUSAL_LM")).expect("the model is known");
            for method in PeftType::ALL {
                let kinds = ["q_proj", "embed_tokens", "down_proj", "input_layernorm"];
                for (targets, number) in kinds.into_iter().flat_map(|targets| [(targets, 4), (targets, 0)]) {
                    let config = value(&serde_json::json!({
                        "peft_type": method.name(), "task_type": "CAUSAL_LM", "num_virtual_tokens": 2,
                        "target_modules": [targets], "subspace_rank": 1, "num_subspaces": 2, "block_size": 4,
                        "r": number, "oft_block_size": 4 - number, "boft_block_num": number, "boft_block_size": 4 - number,
                    }));
                    let _ = expect(&config, &tree);
                    for module in &tree.modules {
                        assert!(replaced(&config, &tree, module).is_none_or(|replaced| replaced.width > 0));
                    }
                }
            }
        }
    }

    #[test]
    fn mambas_projection_is_refused_to_lora_alone() {
        let value = |json: &serde_json::Value| Value::from(json).as_map().cloned().expect("it is an object");
        let outcome = |model: &str, method: PeftType| {
            let model = value(&serde_json::json!({"model_type": model}));
            let tree = Tree::of(&model, Some("CAUSAL_LM")).expect("the model is known");
            let config = serde_json::json!({"peft_type": method.name(), "task_type": "CAUSAL_LM", "target_modules": ["out_proj"]});
            expect(&value(&config), &tree)
        };
        for model in ["mamba", "mamba2", "falcon_mamba"] {
            assert!(matches!(outcome(model, Lora), Some(Err(Refusal::Unsupported { .. }))), "{model}");
            assert!(matches!(outcome(model, Loha), Some(Ok(_))), "{model}");
        }
        assert!(matches!(outcome("jamba", Lora), Some(Ok(_))));
    }

    proptest::proptest! {
        #[test]
        fn a_prompt_is_as_wide_as_the_embeddings(heads in 1_u64..40, other in 1_u64..200) {
            let width = 4 * heads;
            let config = |dim: u64| format!(r#""peft_type": "PROMPT_TUNING", "num_virtual_tokens": 3, "token_dim": {dim}"#);
            proptest::prop_assert_eq!(refused_at(LLAMA, width, &config(width)), None);
            let expected = (other != width).then_some("token_dim");
            proptest::prop_assert_eq!(refused_at(LLAMA, width, &config(other)), expected);
        }

        #[test]
        fn the_heads_of_a_prefix_are_as_wide_as_the_models(dim in 1_u64..200, heads in 1_u64..20) {
            let config = format!(
                r#""peft_type": "PREFIX_TUNING", "num_virtual_tokens": 3, "token_dim": {dim}, "num_attention_heads": {heads}"#
            );
            // LLaMA's config has the width of a head, which goes before what is written.
            proptest::prop_assert_eq!(refused_at(LLAMA, 32, &config), None);
            let expected = (dim / heads != 8).then_some("token_dim");
            proptest::prop_assert_eq!(refused_at(MISTRAL, 32, &config), expected);
        }

        #[test]
        fn as_many_layers_are_adapted_as_there_are(layers in 1_u64..9) {
            let config = format!(r#""peft_type": "ADAPTION_PROMPT", "adapter_len": 4, "adapter_layers": {layers}"#);
            proptest::prop_assert_eq!(refused_at(MISTRAL, 32, &config), (layers > 3).then_some("adapter_layers"));
        }

        #[test]
        fn only_layers_that_are_there_are_repeated(first in -6_i64..6, last in -6_i64..6) {
            let config = format!(r#""peft_type": "LORA", "layer_replication": [[0, 2], [{first}, {last}]]"#);
            let is_there = first >= last || (first..last).all(|layer| (-3..3).contains(&layer));
            proptest::prop_assert_eq!(refused_at(MISTRAL, 32, &config), (!is_there).then_some("layer_replication"));
        }
    }

    #[test]
    fn rows_of_embeddings_that_the_model_does_not_name_are_refused() {
        let refused = |model: &str, class: &str, config: &str| {
            let map = |text: String| match serde_json::from_str::<serde_json::Value>(&text) {
                Ok(json) => Value::from(&json).as_map().cloned().expect("it is an object"),
                Err(error) => panic!("{text}: {error}"),
            };
            let model = map(format!(r#"{{"architectures": ["{class}"], {model}}}"#));
            let tree = Tree::of(&model, None).expect("the model is known");
            let config = map(format!(r#"{{"task_type": null, {config}}}"#));
            matches!(expect(&config, &tree), Some(Err(Refusal::Unfit { .. } | Refusal::Misfit { .. })))
        };
        let clip = |more: &str, rows: &str| {
            let config =
                format!(r#""peft_type": "LORA", "target_modules": ["q_proj"], "trainable_token_indices": {rows}"#);
            refused(&format!(r#""model_type": "clip"{more}"#), "CLIPModel", &config)
        };
        assert!(clip("", "[1]") && clip("", r#"{"token_embedding": [1]}"#) && !clip("", "null"));
        let untied = r#", "tie_word_embeddings": false"#;
        assert!(clip(untied, "[1]") && !clip(untied, r#"{"token_embedding": [1]}"#));
        // Of Qwen2-VL the config of its text model says whether weights are shared.
        let qwen = |text: &str| {
            let config = r#""peft_type": "LORA", "target_modules": ["lm_head"], "trainable_token_indices": [1]"#;
            let model = format!(r#""model_type": "qwen2_vl", "text_config": {{{text}}}"#);
            refused(&model, "Qwen2VLForConditionalGeneration", config)
        };
        assert!(!qwen("") && qwen(r#""tie_word_embeddings": true"#));
        let neo = |targets: &str| {
            let config = format!(r#""target_modules": {targets}, "peft_type": "LORA", "trainable_token_indices": [1]"#);
            refused(r#""model_type": "gpt_neo""#, "GPTNeoForCausalLM", &config)
        };
        assert!(neo(r#"["lm_head", "q_proj"]"#) && !neo(r#"["q_proj"]"#));
    }

    #[test]
    fn a_prompt_in_the_attention_needs_heads_as_wide_as_the_states() {
        let config = |targets: &str| {
            format!(
                r#""peft_type": "ADAPTION_PROMPT", "adapter_len": 4, "adapter_layers": 1, "target_modules": {targets}"#
            )
        };
        let with_head = |model: &str, head: u64| format!(r#"{model}, "head_dim": {head}"#);
        for model in [LLAMA, MISTRAL] {
            assert_eq!(refused_at(model, 32, &config("null")), None);
            assert_eq!(refused_at(&with_head(model, 8), 32, &config("null")), None);
            assert_eq!(refused_at(&with_head(model, 16), 32, &config("null")), Some("peft_type"));
            assert_eq!(refused_at(&with_head(model, 4), 32, &config("null")), Some("peft_type"));
            assert_eq!(refused_at(model, 32, &config(r#""q_proj""#)), Some("target_modules"));
            assert_eq!(refused_at(model, 32, &config(r#""0.self_attn""#)), Some("target_modules"));
        }
    }

    #[test]
    fn the_name_of_no_module_adapts_no_layer() {
        for targets in [r#"["self_attn"]"#, r#"{"self_attn": 1}"#, "5", "true", r#""""#] {
            let config = format!(
                r#""peft_type": "ADAPTION_PROMPT", "adapter_len": 4, "adapter_layers": 1, "target_modules": {targets}"#
            );
            assert_eq!(refused_at(LLAMA, 32, &config), Some("target_modules"), "{targets}");
        }
    }
}
