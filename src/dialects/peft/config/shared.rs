//! The keys that several methods have in common.

use super::key::Type::{self, Choice, Nullable, OneOf};
use super::key::{ANY, BOOL, COUNT, Key, TEXT, TEXTS, keys};
use super::key::{INT, INTS};
use super::nested::RUNTIME;
use crate::dialects::is_same;

/// Modules by name: a list, or a regular expression.
pub(super) const TARGETS: Type = Nullable(&OneOf(&[TEXTS, TEXT]));

/// No bias is trained.
pub(super) const NO_BIAS: (&str, &str) = ("none", "No bias.");
/// Every bias is trained.
pub(super) const ALL_BIASES: (&str, &str) =
    ("all", "Every bias of the model, including those of modules without an adapter.");
/// The meaning of `lora_only` and its like.
pub(super) const ONLY: &str = "The biases of modules with an adapter.";
/// PEFT looks at the ending alone.
pub(super) const LIKE_ONLY: Type = Type::Pattern("_only$", "PEFT looks only at the ending.");

const TASKS: &[(&str, &str)] = &[
    ("SEQ_CLS", "Classes of texts."),
    ("SEQ_2_SEQ_LM", "Text from text, by an encoder and a decoder."),
    ("CAUSAL_LM", "The next token."),
    ("TOKEN_CLS", "Classes of tokens."),
    ("QUESTION_ANS", "Answers as spans of a text."),
    ("FEATURE_EXTRACTION", "The hidden states of the bare base model."),
];

/// The keys of every config.
pub(super) const EVERY: &[Key] = keys! {
    /// The Python class of the base model, if PEFT does not know it by its task: an object with `base_model_class` and
    /// `parent_library`. PEFT writes it if there is no `task_type`.
    auto_mapping = null, Nullable(&Type::Map(&ANY));
    /// The base model: a repository of the Hugging Face hub, or a path. A path on one machine is of no use on another.
    base_model_name_or_path = null, Nullable(&TEXT);
    /// Whether the adapter is for use, not for training. Saved adapters have true: their parameters are not trained
    /// unless that is requested.
    inference_mode = false, BOOL;
    /// The method. It determines which other keys exist.
    peft_type = null, TEXT;
    /// The release that wrote the file, which PEFT itself fills in. Files of releases before 0.18.0 do not have it.
    peft_version = null, Nullable(&TEXT);
    /// The revision of the base model: a branch, a tag or a commit. Null: the newest.
    revision = null, Nullable(&TEXT);
    /// What the base model is for; it selects PEFT's class around the base model. Null: the plain class, with which
    /// methods with prompts do nothing.
    task_type = null, Nullable(&Choice(TASKS));
};

/// The keys of methods with prompts. PEFT fills most of them in from the base model.
pub(super) const PROMPTS: &[Key] = keys! {
    /// Modules that are trained and saved in full, such as a classifier, by name or end of name.
    modules_to_save = null, Nullable(&TEXTS);
    /// The number of attention heads, or of those for keys and values if there are fewer. Null: the model's.
    num_attention_heads = null, Nullable(&COUNT);
    /// The number of layers. Null: the model's.
    num_layers = null, Nullable(&COUNT);
    /// 2 for a model with an encoder and a decoder, else 1. Null: determined by the task.
    num_transformer_submodules = null, Nullable(&COUNT);
    /// The number of positions before the input. It must be given.
    num_virtual_tokens = null, Nullable(&COUNT);
    /// The width of a position. Null: that of the model's embeddings, or of all heads of keys and values.
    token_dim = null, Nullable(&COUNT);
};

const COMMON: &[Key] = keys! {
    /// The modules that are adapted: a list of full names, or of their ends after a dot; a regular expression for full
    /// names; or `all-linear`, all linear modules but the one that the model calls its output embeddings, or, if it has
    /// none and the task is `SEQ_CLS`, its classifier. Null: PEFT's default for the type of the model.
    target_modules = null, TARGETS;
    /// Modules that are not adapted, whatever `target_modules` says, in the same notation.
    exclude_modules = null, TARGETS;
    /// Modules that are trained and saved in full, such as a classifier, by name or end of name.
    modules_to_save = null, Nullable(&TEXTS);
    /// The numbers of the layers that are adapted, from 0 on. It requires a list of `target_modules`, not a regular
    /// expression. Null: all layers.
    layers_to_transform = null, Nullable(&OneOf(&[INTS, INT]));
    /// The name of the list of layers before their number, such as `layers` or `h`; it requires `layers_to_transform`.
    /// Null: any name.
    layers_pattern = null, TARGETS;
    /// Whether the weights of the adapted modules are `[inputs, outputs]`, as in GPT-2's `Conv1D`. PEFT corrects it
    /// with a warning if it does not fit the kind of the module.
    fan_in_fan_out = false, BOOL;
    /// How the adapter is set up in memory. PEFT does not save it, and drops it from files with a warning.
    runtime_config = {}, Nullable(&Type::Object(&RUNTIME));
};

pub(super) const TARGET_MODULES: Key = common("target_modules");
pub(super) const EXCLUDE_MODULES: Key = common("exclude_modules");
pub(super) const MODULES_TO_SAVE: Key = common("modules_to_save");
pub(super) const LAYERS_TO_TRANSFORM: Key = common("layers_to_transform");
pub(super) const LAYERS_PATTERN: Key = common("layers_pattern");
pub(super) const FAN_IN_FAN_OUT: Key = common("fan_in_fan_out");
pub(super) const RUNTIME_CONFIG: Key = Key { saved: false, ..common("runtime_config") };

/// The key of this name; another name does not compile.
const fn common(name: &str) -> Key {
    let mut place = 0;
    while !is_same(COMMON[place].name, name) {
        place += 1;
    }
    COMMON[place]
}
