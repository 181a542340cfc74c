//! What PEFT came to refuse: checks that the newest release makes and older ones do not. Recorded by running the releases
//! (`fixtures/verdicts_peft/releases.json`); the very release was found by running those between.

use super::Release;
use crate::dialects::peft::PeftType::{
    self, Adalora, Boft, Cpt, Lora, Miss, MultitaskPromptTuning, Oft, Poly, PrefixTuning, TrainableTokens, Vera,
};
use crate::dialects::peft::model_rules::{
    ModuleSizeUnfit, ModuleToSaveUnusable, NoModuleAdapted, TargetKindUnsupported,
};
use crate::dialects::peft::rules::{
    AdaloraScheduleUnusable, LayersPatternWithoutLayers, LoraInitUnusable, OftOfOldRelease, PeftKeyMissing,
    PeftSizesContradict, PeftValueNotAllowed, PeftValueOfWrongType, PeftValueOutOfRange, PromptTextSetupUnusable,
};
use crate::dialects::peft::targets::adapts_embeddings_alone;
use crate::document::{Kind, Node};
use crate::findings::RuleInfo;
use crate::value::Value;

/// A check that came with a release.
struct Check {
    /// The rules that tell of it.
    rules: &'static [&'static RuleInfo],
    /// The methods; all, if none is named.
    methods: &'static [PeftType],
    /// The keys at which the rules tell it; whatever key, if none is named.
    keys: &'static [&'static str],
    /// The first release that makes it.
    since: Release,
    /// The configs that it is of.
    of: fn(&Node) -> bool,
}

impl Check {
    const fn new(
        rules: &'static [&'static RuleInfo],
        methods: &'static [PeftType],
        keys: &'static [&'static str],
        since: &str,
    ) -> Self {
        Self { rules, methods, keys, since: Release::at(since), of: |_| true }
    }
}

/// LoRA's nested configs, which the newest release makes classes of when it reads a file. Before, they stayed objects
/// that nothing looked into, AdaLoRA not even into those of its base.
const NESTED: &[&str] = &["corda_config", "eva_config", "lora_ga_config"];
const NESTED_OF_BASE: &[&str] = &["arrow_config", "use_bdlora"];

const CHECKS: &[Check] = &[
    // Of types and bounds.
    Check::new(&[PeftValueOfWrongType::INFO, PeftValueOutOfRange::INFO], &[Lora, Adalora], NESTED, "0.21.0"),
    Check::new(&[PeftValueOfWrongType::INFO, PeftValueOutOfRange::INFO], &[Adalora], NESTED_OF_BASE, "0.21.0"),
    Check::new(&[PeftValueOfWrongType::INFO], &[Adalora], &["alpha_pattern"], "0.21.0"),
    Check { of: names_among_others, ..Check::new(&[PeftValueOfWrongType::INFO], &[], &["target_modules"], "0.19.0") },
    Check::new(&[PeftValueOfWrongType::INFO, PeftValueOutOfRange::INFO], &[Adalora], SCHEDULE, "0.15.0"),
    Check { of: saves_letters, ..Check::new(&[PeftValueOfWrongType::INFO], &[Poly], &["modules_to_save"], "0.11.0") },
    Check {
        of: turns_blocks_of_a_float,
        ..Check::new(&[PeftValueOfWrongType::INFO], &[Oft], &["oft_block_size"], "0.16.0")
    },
    Check { of: task_is_only_kept, ..Check::new(&[PeftValueNotAllowed::INFO], &[], &["task_type"], "0.14.0") },
    Check {
        of: task_is_only_kept,
        ..Check::new(&[PeftValueNotAllowed::INFO], &[TrainableTokens], &["task_type"], "0.18.0")
    },
    // Of keys together.
    Check::new(&[LayersPatternWithoutLayers::INFO], &[], &[], "0.14.0"),
    Check::new(&[LoraInitUnusable::INFO], &[Lora], &["init_lora_weights", "loftq_config"], "0.14.0"),
    Check { of: quantises_to_two_bits, ..Check::new(&[LoraInitUnusable::INFO], &[Lora], &["loftq_config"], "0.19.0") },
    Check::new(&[AdaloraScheduleUnusable::INFO], &[Adalora], SCHEDULE, "0.15.0"),
    Check::new(&[AdaloraScheduleUnusable::INFO], &[Adalora], &["init_lora_weights"], "0.14.0"),
    Check::new(&[AdaloraScheduleUnusable::INFO], &[Adalora], &["use_dora"], "0.11.0"),
    Check::new(&[PeftKeyMissing::INFO], &[Adalora], &[], "0.15.0"),
    Check::new(&[PeftKeyMissing::INFO], &[Poly], &[], "0.18.0"),
    Check { of: task_has_a_generator, ..Check::new(&[PeftKeyMissing::INFO], &[Cpt], &[], "0.18.0") },
    Check::new(&[PeftSizesContradict::INFO, OftOfOldRelease::INFO], &[Oft], &[], "0.14.0"),
    Check::new(&[PeftSizesContradict::INFO], &[Adalora], NESTED_OF_BASE, "0.21.0"),
    Check {
        of: adapts_embeddings_alone,
        ..Check::new(&[PeftSizesContradict::INFO], &[Lora], &["use_bdlora"], "0.20.0")
    },
    Check::new(&[PromptTextSetupUnusable::INFO], &[MultitaskPromptTuning], &["tokenizer_kwargs"], "0.14.0"),
    // On a model.
    Check { of: saves_more_than_targets, ..Check::new(&[NoModuleAdapted::INFO], &[], &["modules_to_save"], "0.16.0") },
    Check { of: adapts_embeddings_alone, ..Check::new(&[ModuleSizeUnfit::INFO], &[Lora], &["use_bdlora"], "0.20.0") },
    Check::new(&[ModuleSizeUnfit::INFO], &[Miss], &["r"], "0.21.0"),
    Check::new(&[ModuleSizeUnfit::INFO], &[PrefixTuning], &["num_layers"], "0.18.0"),
    Check { of: adapts_a_mamba, ..Check::new(&[TargetKindUnsupported::INFO], &[], &["target_modules"], "0.16.0") },
    Check {
        of: saves_the_adapter,
        ..Check::new(&[ModuleToSaveUnusable::INFO], &[Boft, Vera], &["modules_to_save"], "0.18.0")
    },
    Check::new(&[ModuleToSaveUnusable::INFO], &[], &["target_modules"], "0.11.0"),
];

/// When AdaLoRA gives up ranks.
const SCHEDULE: &[&str] = &["tinit", "tfinal", "total_step"];

/// Whether what a rule says of a key, or of the whole config where there is none, is of a check that came after a release.
pub(crate) fn is_newer(release: Release, root: &Node, rule: &RuleInfo, key: &str) -> bool {
    // What is looked up in the config comes last: a hostile one has many findings, and as many keys.
    let is_of = |check: &&Check| {
        release < check.since
            && check.rules.iter().any(|told| told.code == rule.code)
            && (check.keys.is_empty() || check.keys.contains(&key))
            && (check.methods.is_empty() || method(root).is_some_and(|method| check.methods.contains(&method)))
            && (check.of)(root)
    };
    CHECKS.iter().any(|check| is_of(&check))
}

fn method(root: &Node) -> Option<PeftType> {
    root.get("peft_type").and_then(Node::as_str).and_then(PeftType::named)
}

fn items<'a>(root: &'a Node, key: &str) -> &'a [Node] {
    root.get(key).map(Node::items).unwrap_or_default()
}

/// Whether OFT's blocks have a whole float for their size, which was made an integer.
fn turns_blocks_of_a_float(root: &Node) -> bool {
    root.get("oft_block_size")
        .is_some_and(|size| matches!(size.kind, Kind::Leaf(Value::Float(float)) if float.fract() == 0.0))
}

/// Whether there are names among the targets, and something that can be compared with one.
fn names_among_others(root: &Node) -> bool {
    let targets = items(root, "target_modules");
    targets.iter().any(|target| target.as_str().is_some()) && targets.iter().all(is_leaf)
}

/// Whether LoftQ is for two bits, which it had a table for itself.
fn quantises_to_two_bits(root: &Node) -> bool {
    let bits = root.get("loftq_config").and_then(|loftq| loftq.get("loftq_bits"));
    bits.is_some_and(|bits| bits.to_value().as_f64() == Some(2.0))
}

/// Whether no class is looked up for the task, as one is for a prompt, and the task can be looked up in a table.
fn task_is_only_kept(root: &Node) -> bool {
    let is_prompt = method(root).is_some_and(PeftType::is_prompt);
    !is_prompt && root.get("task_type").is_some_and(is_leaf)
}

/// Whether the class for the task generates text, as that which older releases take CPT to be for.
fn task_has_a_generator(root: &Node) -> bool {
    root.get("task_type").is_none_or(|task| task.is_null() || task.as_str() == Some("SEQ_2_SEQ_LM"))
}

fn has(root: &Node, key: &str, names: &[&str]) -> bool {
    items(root, key).iter().filter_map(Node::as_str).any(|name| names.contains(&name))
}

/// Whether targets are called as what PEFT refuses to adapt in models of the Mamba kind.
fn adapts_a_mamba(root: &Node) -> bool {
    has(root, "target_modules", &["out_proj", "conv1d"])
}

/// Whether what is saved whole is no list, and is gone through all the same: the letters of a text, the keys of an object.
fn saves_letters(root: &Node) -> bool {
    root.get("modules_to_save").is_some_and(|saved| saved.as_str().is_some() || !is_leaf(saved))
}

/// Whether what is saved whole is called as the adapter.
fn saves_the_adapter(root: &Node) -> bool {
    has(root, "modules_to_save", &["default"])
}

fn is_leaf(node: &Node) -> bool {
    matches!(node.kind, Kind::Leaf(_))
}

/// Whether the targets are in what is saved whole, and not the same.
fn saves_more_than_targets(root: &Node) -> bool {
    let saved: Vec<_> = items(root, "modules_to_save").iter().filter_map(Node::as_str).collect();
    !items(root, "target_modules").iter().filter_map(Node::as_str).all(|target| saved.contains(&target))
}
