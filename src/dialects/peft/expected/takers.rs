//! Which models can take virtual tokens: what PEFT finds in their configs, and what the classes of its tasks hand on.

use super::case::Case;
use super::{Refusal, Stop};
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
const WITHOUT_CACHE: [&str; 27] = [
    "albert", "bamba", "convbert", "deberta", "deberta-v2", "deepseek_v2", "deepseek_v3", "distilbert", "falcon_h1",
    "falcon_mamba", "granitemoehybrid", "jamba", "layoutlm", "lfm2", "longformer", "luke", "mamba", "mamba2",
    "minimax", "mobilebert", "modernbert", "mpnet", "nystromformer", "openai-gpt", "qwen3_next", "squeezebert",
    "xlnet",
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
const TWO_PARTS: [&str; 8] = ["bart", "led", "mbart", "mt5", "mvp", "plbart", "t5", "umt5"];

/// Types that add up the embeddings of the tokens and what they make of the mask, so that both must be equally long.
#[rustfmt::skip]
const MASKED_BY_LENGTH: [&str; 29] = [
    "big_bird", "biogpt", "bloom", "codegen", "ctrl", "data2vec-text", "deberta", "deberta-v2", "deepseek_v2",
    "deepseek_v3", "electra", "ernie", "esm", "gpt_neo", "gptj", "layoutlm", "longformer", "luke", "mamba2",
    "megatron-bert", "minimax", "modernbert", "mpnet", "nystromformer", "openai-gpt", "opt", "roberta-prelayernorm",
    "squeezebert", "xlnet",
];

fn is_prefix(case: &Case<'_>) -> bool {
    matches!(case.method, "PREFIX_TUNING" | "CARTRIDGE")
}

fn is_prompt(case: &Case<'_>) -> bool {
    matches!(case.method, "PROMPT_TUNING" | "P_TUNING" | "MULTITASK_PROMPT_TUNING" | "CPT")
}

/// That PEFT finds the sizes of the virtual tokens of a method; other methods have none.
pub(super) fn sizes(case: &Case<'_>) -> Result<(), Stop> {
    if !is_prefix(case) && !is_prompt(case) {
        return Ok(());
    }
    for (key, names, what) in SOUGHT {
        if *case.value(key) == Value::Null && !names.iter().any(|name| case.tree.has_key(name)) {
            return Err(unfit(key, format!("the model's config says {what} under a name that PEFT does not look for")));
        }
    }
    Ok(())
}

/// That the adapted model can be run: its class takes the virtual tokens.
pub(super) fn run(case: &Case<'_>) -> Result<(), Refusal> {
    let Some(task) = case.value("task_type").as_str() else { return Ok(()) };
    let is_bare = task == "FEATURE_EXTRACTION" && WITHOUT_ATTENTIONS.contains(&case.tree.model_type);
    let against = match () {
        () if is_bare => {
            Some(("task_type", "PEFT asks the model of this task for `output_attentions`, which it does not know"))
        }
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
        "SEQ_CLS" if is(&WITHOUT_POOLER) => {
            Some(("task_type", "PEFT hands the classifier of this model its cache, which is no pooled state"))
        }
        "SEQ_CLS" if is(&TWO_PARTS) => {
            Some(("task_type", "PEFT does not find the classifier of a model of this type, which a prefix needs"))
        }
        "QUESTION_ANS" if is(&["bart", "mbart"]) => {
            Some(("task_type", "PEFT asks a model of this type for `hidden_states` that its output does not have"))
        }
        "TOKEN_CLS" if is(&["mt5", "t5", "umt5"]) => {
            Some(("task_type", "the token classifier of this type takes no keys and values of a prefix"))
        }
        "SEQ_CLS" | "TOKEN_CLS" if is(&["esm"]) => {
            Some(("task_type", "the class of this task takes no keys and values of a prefix"))
        }
        "FEATURE_EXTRACTION" if is(&["led", "longt5", "mvp", "pegasus_x"]) => Some((
            "task_type",
            "both parts of a model of this type get the prefix with this task, and one does not take it",
        )),
        "FEATURE_EXTRACTION" if is(&["mt5", "t5", "umt5"]) && !has_both_parts(case) => Some((
            "task_type",
            "a model of this type needs the prefix of both of its parts, and this task gives that of one",
        )),
        _ => None,
    }
}

fn has_both_parts(case: &Case<'_>) -> bool {
    case.value("num_transformer_submodules").as_i64() == Some(2)
}

/// What keeps a model from taking virtual tokens before its own.
fn against_prompt(case: &Case<'_>, task: &str) -> Option<(&'static str, &'static str)> {
    let is = |types: &[&str]| types.contains(&case.tree.model_type);
    let is_doubled = case.value("num_transformer_submodules").as_i64().is_some_and(|parts| parts > 1);
    match task {
        "SEQ_CLS" if is(&TWO_PARTS) => {
            Some(("task_type", "the classifier of this type takes no embeddings in the place of tokens"))
        }
        "SEQ_CLS" | "QUESTION_ANS" if is(&["longformer"]) => {
            Some(("task_type", "a model of this task looks at the tokens, and gets embeddings in their place"))
        }
        "QUESTION_ANS" if is(&["modernbert"]) => {
            Some(("task_type", "the model of this task takes no embeddings in the place of tokens"))
        }
        "SEQ_2_SEQ_LM" => None,
        _ if is_doubled && is(&MASKED_BY_LENGTH) => Some((
            "num_transformer_submodules",
            "the model has one part, and the mask is as long as the virtual tokens of one",
        )),
        _ => None,
    }
}

fn unfit(key: &'static str, need: String) -> Stop {
    Stop::Refused(Refusal::Unfit { key, need })
}
