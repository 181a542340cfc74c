//! Which models can take virtual tokens: what PEFT finds in their configs, and what the classes of its tasks hand on. Recorded
//! by `fixtures/record/peft/takers.py`; a test holds the lists to the recording.

use super::case::Case;
use super::{Refusal, Stop};
use crate::dialects::peft::Does;
use crate::dialects::peft::PeftType::MultitaskPromptTuning;
use crate::models::tree::Kind;
use crate::python::is_true;
use crate::value::Value;

/// What PEFT looks up in the model's config where a config has null, and the names under which it looks
/// (`_prepare_prompt_learning_config`).
const SOUGHT: [(&str, &[&str], &str); 2] = [
    ("token_dim", &["hidden_size", "n_embd", "d_model"], "the width"),
    (
        "num_attention_heads",
        &["num_attention_heads", "n_head", "num_heads", "encoder_attention_heads"],
        "the number of heads",
    ),
];

/// Types none of whose classes takes keys and values from outside, or those that PEFT makes: of layers that have a state in
/// their place, or whose keys and values are of two widths.
#[rustfmt::skip]
const WITHOUT_CACHE: [&str; 34] = [
    "albert", "bamba", "blip", "convbert", "deberta", "deberta-v2", "deepseek_v2", "deepseek_v3", "distilbert", "esm",
    "falcon_h1", "falcon_mamba", "granitemoehybrid", "jamba", "jetmoe", "layoutlm", "lfm2", "longformer", "luke",
    "mamba", "mamba2", "minimax", "mobilebert", "modernbert", "mpnet", "nystromformer", "openai-gpt", "qwen3_next",
    "qwen3_vl", "qwen3_vl_moe", "recurrent_gemma", "splinter", "squeezebert", "xlnet",
];

/// Types whose bare model knows no `output_attentions`.
const WITHOUT_ATTENTIONS: [&str; 3] = ["falcon_mamba", "mamba", "recurrent_gemma"];

/// Types whose classifier PEFT hands the second of the outputs, which is not a pooled state there but the cache.
#[rustfmt::skip]
const WITHOUT_POOLER: [&str; 9] = [
    "big_bird", "camembert", "data2vec-text", "electra", "roberta", "roberta-prelayernorm", "roformer", "xlm-roberta",
    "xlm-roberta-xl",
];

/// Types with encoder and decoder, whose classifier has a name that PEFT does not look for and takes no embeddings.
#[rustfmt::skip]
const TWO_PARTS: [&str; 9] = [
    "bart", "bigbird_pegasus", "led", "mbart", "mt5", "mvp", "plbart", "t5", "umt5",
];

/// Types that add up the embeddings of the tokens and what they make of the mask, so that both must be equally long.
#[rustfmt::skip]
const MASKED_BY_LENGTH: [&str; 42] = [
    "bert-generation", "big_bird", "bigbird_pegasus", "biogpt", "bloom", "codegen", "ctrl", "data2vec-text", "deberta",
    "deberta-v2", "deepseek_v2", "deepseek_v3", "electra", "ernie", "esm", "git", "gpt_neo", "gpt_neox_japanese",
    "gptj", "layoutlm", "led", "longformer", "longt5", "luke", "mamba2", "megatron-bert", "minimax", "modernbert",
    "mpnet", "mt5", "mvp", "nystromformer", "openai-gpt", "opt", "pegasus_x", "phimoe", "roberta-prelayernorm",
    "splinter", "squeezebert", "t5", "umt5", "xlnet",
];

/// Types, most of which look at pictures or listen, whose classes do not take what PEFT's classes of these tasks hand to every model:
/// `input_ids`, `inputs_embeds`, `decoder_input_ids`.
#[rustfmt::skip]
const UNFIT_FOR: [(&str, &[&str]); 28] = [
    ("beit", &["FEATURE_EXTRACTION", "SEQ_CLS"]),
    ("blip", &["CAUSAL_LM", "FEATURE_EXTRACTION"]),
    ("clip", &["FEATURE_EXTRACTION", "SEQ_CLS"]),
    ("clip_vision_model", &["FEATURE_EXTRACTION"]),
    ("convnext", &["FEATURE_EXTRACTION", "SEQ_CLS"]),
    ("convnextv2", &["FEATURE_EXTRACTION", "SEQ_CLS"]),
    ("data2vec-audio", &["FEATURE_EXTRACTION", "SEQ_CLS", "TOKEN_CLS"]),
    ("data2vec-vision", &["FEATURE_EXTRACTION", "SEQ_CLS"]),
    ("donut-swin", &["FEATURE_EXTRACTION", "SEQ_CLS"]),
    ("hiera", &["FEATURE_EXTRACTION", "SEQ_CLS"]),
    ("hubert", &["FEATURE_EXTRACTION", "SEQ_CLS"]),
    ("patchtst", &["FEATURE_EXTRACTION", "SEQ_CLS"]),
    ("qwen2_audio", &["SEQ_2_SEQ_LM"]),
    ("resnet", &["FEATURE_EXTRACTION", "SEQ_CLS"]),
    ("segformer", &["FEATURE_EXTRACTION", "SEQ_CLS"]),
    ("siglip", &["FEATURE_EXTRACTION", "SEQ_CLS"]),
    ("siglip_vision_model", &["FEATURE_EXTRACTION"]),
    ("speech_to_text", &["FEATURE_EXTRACTION"]),
    ("swin", &["FEATURE_EXTRACTION", "SEQ_CLS"]),
    ("swinv2", &["FEATURE_EXTRACTION", "SEQ_CLS"]),
    ("timesformer", &["FEATURE_EXTRACTION", "SEQ_CLS"]),
    ("unispeech", &["FEATURE_EXTRACTION", "SEQ_CLS"]),
    ("unispeech-sat", &["FEATURE_EXTRACTION", "SEQ_CLS", "TOKEN_CLS"]),
    ("wav2vec2", &["FEATURE_EXTRACTION", "SEQ_CLS", "TOKEN_CLS"]),
    ("wav2vec2-bert", &["FEATURE_EXTRACTION", "SEQ_CLS", "TOKEN_CLS"]),
    ("wav2vec2-conformer", &["FEATURE_EXTRACTION", "SEQ_CLS", "TOKEN_CLS"]),
    ("wavlm", &["FEATURE_EXTRACTION", "SEQ_CLS", "TOKEN_CLS"]),
    ("whisper", &["FEATURE_EXTRACTION", "SEQ_CLS"]),
];

/// Types whose first part looks at pictures: without a head above, PEFT seeks the embeddings of tokens in that part.
#[rustfmt::skip]
const PICTURES_FIRST: [&str; 18] = [
    "aya_vision", "blip", "gemma3", "idefics2", "idefics3", "internvl", "lfm2_vl", "llama4", "llava", "llava_next",
    "llava_onevision", "mistral3", "mllama", "paligemma", "qwen3_vl", "qwen3_vl_moe", "smolvlm", "vipllava",
];

/// What keeps virtual tokens from a model that listens.
const OF_SOUNDS: &str = "the model takes sounds, but PEFT needs a text to put the virtual tokens before";

fn is_prefix(case: &Case<'_>) -> bool {
    case.method.does() == Does::Cache
}

fn is_prompt(case: &Case<'_>) -> bool {
    case.method.does() == Does::Prompt
}

/// That PEFT finds the sizes of the virtual tokens of a method; other methods have none.
pub(super) fn sizes(case: &Case<'_>) -> Result<(), Stop> {
    if !case.method.is_prompt() {
        return Ok(());
    }
    let input = case.tree.input.and_then(|name| case.tree.module(name));
    if input.is_none_or(|module| module.kind != Kind::Embedding) {
        let need = "the model has no token embeddings before which virtual tokens could be put".to_owned();
        return Err(unfit("peft_type", need));
    }
    // Of a model with a text model in it PEFT reads that one's sizes, which every text model has.
    if has_text_part(case) {
        return Ok(());
    }
    for (key, names, what) in SOUGHT {
        if *case.value(key) == Value::Null && !names.iter().any(|name| case.tree.has_key(name)) {
            return Err(unfit(
                key,
                format!("the model's config gives {what} under a name that PEFT does not look for"),
            ));
        }
    }
    Ok(())
}

fn has_text_part(case: &Case<'_>) -> bool {
    let keys = ["text_config", "text_config.vocab_size", "text_config.hidden_size"];
    keys.iter().any(|key| case.tree.has_key(key))
}

/// That the adapted model can be run: its class takes the virtual tokens.
pub(super) fn run(case: &Case<'_>) -> Result<(), Refusal> {
    let Some(task) = case.value("task_type").as_str() else { return Ok(()) };
    let is_unfit = UNFIT_FOR.iter().any(|(kind, tasks)| *kind == case.tree.model_type && tasks.contains(&task));
    let is_bare = task == "FEATURE_EXTRACTION" && WITHOUT_ATTENTIONS.contains(&case.tree.model_type);
    let against = match () {
        () if is_bare => {
            Some(("task_type", "PEFT asks the model for this task for `output_attentions`, which it does not know"))
        }
        () if is_unfit => Some((
            "task_type",
            "for this task, PEFT passes the model arguments that its forward pass does not take; with null, it passes on what it is given",
        )),
        () if is_prefix(case) => against_prefix(case, task),
        () if is_prompt(case) => against_prompt(case, task),
        () => None,
    };
    match against {
        Some((key, need)) => Err(Refusal::Unfit { key, need: need.to_owned() }),
        None => Ok(()),
    }
}

/// What keeps a model from taking a prefix.
fn against_prefix(case: &Case<'_>, task: &str) -> Option<(&'static str, &'static str)> {
    let is = |types: &[&str]| types.contains(&case.tree.model_type);
    match task {
        _ if is(&WITHOUT_CACHE) => Some(("peft_type", "no model of this type takes the keys and values of a prefix")),
        _ if is_of_other_head(case, task) => None,
        "SEQ_CLS" if is(&WITHOUT_POOLER) => {
            Some(("task_type", "PEFT passes the classifier of this model its cache, which is not a pooled state"))
        }
        "SEQ_CLS" if is(&TWO_PARTS) => {
            Some(("task_type", "PEFT does not find the classifier in a model of this type, but needs it for a prefix"))
        }
        "QUESTION_ANS" if is(&["bart", "big_bird", "bigbird_pegasus", "led", "mbart", "mvp", "umt5"]) => Some((
            "task_type",
            "with a prefix, PEFT asks a model of this type for outputs that its class for this task does not give",
        )),
        "FEATURE_EXTRACTION" | "SEQ_2_SEQ_LM" if is(&["speech_to_text", "whisper"]) => Some(("peft_type", OF_SOUNDS)),
        "CAUSAL_LM" if is(&["whisper"]) => Some(("peft_type", "the decoder alone does not take a prefix")),
        _ if is(&PICTURES_FIRST) && has_both_parts(case) => Some((
            "num_transformer_submodules",
            "only one part of this model takes a prefix, but the prefix is for two",
        )),
        "TOKEN_CLS" if is(&["mt5", "t5", "umt5"]) => {
            Some(("task_type", "the token classifier of this model type does not take the keys and values of a prefix"))
        }
        "FEATURE_EXTRACTION" if is(&["bigbird_pegasus", "led", "longt5", "mvp", "pegasus_x"]) => Some((
            "task_type",
            "for this task, both parts of a model of this type get the prefix, but one does not take it",
        )),
        "CAUSAL_LM" | "FEATURE_EXTRACTION" if is(&["mt5", "t5", "umt5"]) && !has_both_parts(case) => Some((
            "task_type",
            "a model of this type needs a prefix for both of its parts, but this task gives it for one",
        )),
        _ => None,
    }
}

/// Whether the model is not of the class with the head for the task, of which alone the lists tell what its head takes.
fn is_of_other_head(case: &Case<'_>, task: &str) -> bool {
    matches!(task, "SEQ_CLS" | "TOKEN_CLS" | "QUESTION_ANS") && case.tree.is_other_than_for(task)
}

fn has_both_parts(case: &Case<'_>) -> bool {
    case.value("num_transformer_submodules").as_i64() == Some(2)
}

/// What keeps a model from taking virtual tokens before its own.
fn against_prompt(case: &Case<'_>, task: &str) -> Option<(&'static str, &'static str)> {
    let is = |types: &[&str]| types.contains(&case.tree.model_type);
    let is_doubled = case.value("num_transformer_submodules").as_i64().is_some_and(|parts| parts > 1)
        && is_true(case.value("num_virtual_tokens"));
    match task {
        _ if is_of_other_head(case, task) && !(is_doubled && is(&MASKED_BY_LENGTH)) => None,
        "SEQ_CLS" if is(&TWO_PARTS) => {
            Some(("task_type", "the classifier of this model type does not take embeddings in place of tokens"))
        }
        "SEQ_CLS" | "QUESTION_ANS" if is(&["longformer"]) => {
            Some(("task_type", "a model for this task looks at the tokens, but gets embeddings instead"))
        }
        "QUESTION_ANS" if is(&["modernbert"]) => {
            Some(("task_type", "the model for this task does not take embeddings in place of tokens"))
        }
        "FEATURE_EXTRACTION" | "SEQ_2_SEQ_LM" if is(&["speech_to_text", "whisper"]) => Some(("peft_type", OF_SOUNDS)),
        "SEQ_2_SEQ_LM" if is(&["m2m_100"]) && case.method == MultitaskPromptTuning => Some((
            "peft_type",
            "PEFT passes the decoder of this model embeddings beside labels, from which it makes tokens once more",
        )),
        "CAUSAL_LM" if is(&["mllama"]) => {
            Some(("peft_type", "PEFT does not find the token embeddings of a model of this type"))
        }
        "FEATURE_EXTRACTION" if is(&PICTURES_FIRST) => {
            Some(("task_type", "PEFT looks for the token embeddings in the part that processes pictures"))
        }
        "SEQ_2_SEQ_LM" => None,
        _ if is_doubled && is(&MASKED_BY_LENGTH) => Some((
            "num_transformer_submodules",
            "the model has one part, and the mask only covers the virtual tokens of one part",
        )),
        _ => None,
    }
}

fn unfit(key: &'static str, need: String) -> Stop {
    Stop::Refused(Refusal::Unfit { key, need })
}
