//! Which models can take virtual tokens: what PEFT finds in their configs, and what the classes of its tasks hand on.

use super::case::Case;
use super::{Refusal, Stop};
use crate::dialects::peft::Does;
use crate::dialects::peft::PeftType::MultitaskPromptTuning;
use crate::models::Quirk;
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
    let is_unfit = unfit_for(task).is_some_and(|quirk| quirk.is_of(case.tree.model_type));
    let is_bare = task == "FEATURE_EXTRACTION" && Quirk::WithoutAttentions.is_of(case.tree.model_type);
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

/// That a model does not take what PEFT's class for a task hands to it.
fn unfit_for(task: &str) -> Option<Quirk> {
    Some(match task {
        "CAUSAL_LM" => Quirk::UnfitForCausal,
        "FEATURE_EXTRACTION" => Quirk::UnfitForFeatures,
        "SEQ_2_SEQ_LM" => Quirk::UnfitForSequences,
        "SEQ_CLS" => Quirk::UnfitForTexts,
        "TOKEN_CLS" => Quirk::UnfitForTokens,
        _ => return None,
    })
}

/// What keeps a model from taking a prefix.
fn against_prefix(case: &Case<'_>, task: &str) -> Option<(&'static str, &'static str)> {
    let is = |quirk: Quirk| quirk.is_of(case.tree.model_type);
    match task {
        _ if is(Quirk::WithoutCache) => {
            Some(("peft_type", "no model of this type takes the keys and values of a prefix"))
        }
        _ if is_of_other_head(case, task) => None,
        "SEQ_CLS" if is(Quirk::WithoutPooler) => {
            Some(("task_type", "PEFT passes the classifier of this model its cache, which is not a pooled state"))
        }
        "SEQ_CLS" if is(Quirk::TwoParts) => {
            Some(("task_type", "PEFT does not find the classifier in a model of this type, but needs it for a prefix"))
        }
        "QUESTION_ANS" if is(Quirk::AnswersWithoutCache) => Some((
            "task_type",
            "with a prefix, PEFT asks a model of this type for outputs that its class for this task does not give",
        )),
        "FEATURE_EXTRACTION" | "SEQ_2_SEQ_LM" if is(Quirk::Listens) => Some(("peft_type", OF_SOUNDS)),
        "CAUSAL_LM" if is(Quirk::DecoderUnprefixed) => Some(("peft_type", "the decoder alone does not take a prefix")),
        _ if is(Quirk::PicturesFirst) && has_both_parts(case) => Some((
            "num_transformer_submodules",
            "only one part of this model takes a prefix, but the prefix is for two",
        )),
        "TOKEN_CLS" if is(Quirk::BothPrefixed) => {
            Some(("task_type", "the token classifier of this model type does not take the keys and values of a prefix"))
        }
        "FEATURE_EXTRACTION" if is(Quirk::OnePrefixed) => Some((
            "task_type",
            "for this task, both parts of a model of this type get the prefix, but one does not take it",
        )),
        "CAUSAL_LM" | "FEATURE_EXTRACTION" if is(Quirk::BothPrefixed) && !has_both_parts(case) => Some((
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
    let is = |quirk: Quirk| quirk.is_of(case.tree.model_type);
    let is_doubled = case.value("num_transformer_submodules").as_i64().is_some_and(|parts| parts > 1)
        && is_true(case.value("num_virtual_tokens"));
    match task {
        _ if is_of_other_head(case, task) && !(is_doubled && is(Quirk::MaskedByLength)) => None,
        "SEQ_CLS" if is(Quirk::TwoParts) => {
            Some(("task_type", "the classifier of this model type does not take embeddings in place of tokens"))
        }
        "SEQ_CLS" | "QUESTION_ANS" if is(Quirk::LooksForTokens) => {
            Some(("task_type", "a model for this task looks at the tokens, but gets embeddings instead"))
        }
        "QUESTION_ANS" if is(Quirk::AnswersTokensOnly) => {
            Some(("task_type", "the model for this task does not take embeddings in place of tokens"))
        }
        "FEATURE_EXTRACTION" | "SEQ_2_SEQ_LM" if is(Quirk::Listens) => Some(("peft_type", OF_SOUNDS)),
        "SEQ_2_SEQ_LM" if is(Quirk::TokensOfLabels) && case.method == MultitaskPromptTuning => Some((
            "peft_type",
            "PEFT passes the decoder of this model embeddings beside labels, from which it makes tokens once more",
        )),
        "CAUSAL_LM" if is(Quirk::EmbeddingsHidden) => {
            Some(("peft_type", "PEFT does not find the token embeddings of a model of this type"))
        }
        "FEATURE_EXTRACTION" if is(Quirk::PicturesFirst) => {
            Some(("task_type", "PEFT looks for the token embeddings in the part that processes pictures"))
        }
        "SEQ_2_SEQ_LM" => None,
        _ if is_doubled && is(Quirk::MaskedByLength) => Some((
            "num_transformer_submodules",
            "the model has one part, and the mask only covers the virtual tokens of one part",
        )),
        _ => None,
    }
}

fn unfit(key: &'static str, need: String) -> Stop {
    Stop::Refused(Refusal::Unfit { key, need })
}
