//! Tasks that releases cannot do beside a method: the head of a model that is trained with an adapter, and the sizes that a
//! prompt has. Recorded by running the releases (`fixtures/releases/peft_heads.json`, `fixtures/releases/peft_values.json`).

use super::Release;
use crate::dialects::peft::PeftType;

/// The tasks with a head, which is trained and saved with the adapter.
const HEADS: [&str; 3] = ["QUESTION_ANS", "SEQ_CLS", "TOKEN_CLS"];

/// The first release that answers questions and extracts features, and that finds the sizes of a prompt in the model.
const FIRST: Release = Release::at("0.4.0");

/// A task that a release cannot do beside a method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Undone {
    /// The first later release that can.
    pub(crate) since: Release,
    /// What the release does.
    pub(crate) does: Head,
}

/// What a release does about the head of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Head {
    /// It raises an error, of this class, when it wraps the model.
    Refused(&'static str),
    /// It neither trains nor saves it.
    Lost,
}

/// The first release that raises a `KeyError` for a task without a class.
const BY_KEY: Release = Release::at("0.3.0");

/// Releases that fail prompts beside these heads: from the first on, before the second.
const FAILS: &[(Release, Release, &[&str], Head)] = &[
    // The classes for a head have an `add_adapter` that lacks `low_cpu_mem_usage`, which their constructor hands on.
    (Release::at("0.13.0"), Release::at("0.14.0"), &HEADS, Head::Refused("a `TypeError`")),
    // `modules_to_save` is asked of every config.
    (Release::at("0.15.0"), Release::at("0.15.2"), &HEADS, Head::Refused("an `AttributeError`")),
    // It is set where it is there.
    (Release::at("0.15.2"), Release::at("0.16.0"), &HEADS, Head::Lost),
    (Release::at("0.16.0"), Release::at("0.17.0"), &["SEQ_CLS"], Head::Lost),
    (Release::at("0.16.0"), Release::at("0.17.0"), &["QUESTION_ANS", "TOKEN_CLS"], Head::Refused("a `TypeError`")),
];

/// Whether a release cannot do a task beside a method, and what it does.
pub(crate) fn undone(release: Release, peft_type: PeftType, task: &str) -> Option<Undone> {
    let is_prompt = peft_type.is_prompt();
    if release < FIRST {
        let does = match (task, is_prompt) {
            // There is no class for the task; the general one makes no prompts.
            ("QUESTION_ANS" | "FEATURE_EXTRACTION", true) => {
                Head::Refused(if release < BY_KEY { "an `AttributeError`" } else { "a `KeyError`" })
            }
            ("QUESTION_ANS", false) => Head::Lost,
            _ => return None,
        };
        return Some(Undone { since: FIRST, does });
    }
    if !is_prompt {
        return None;
    }
    FAILS.iter().find_map(|(from, until, tasks, does)| {
        (*from <= release && release < *until && tasks.contains(&task)).then_some(())?;
        // Releases that fail otherwise follow some that fail.
        let since = FAILS.iter().filter(|(_, _, tasks, _)| tasks.contains(&task));
        let since = since.fold(*until, |since, (from, until, ..)| if *from == since { *until } else { since });
        Some(Undone { since, does: *does })
    })
}

/// The sizes that a release takes from the file of a prompt, and later ones from the model; with the first of those.
pub(crate) fn sizes(release: Release, peft_type: PeftType) -> Option<(&'static [&'static str], Release)> {
    let sizes: &[&str] = match peft_type {
        PeftType::PrefixTuning => &["token_dim", "num_layers", "num_attention_heads", "num_transformer_submodules"],
        _ => &["token_dim", "num_transformer_submodules"],
    };
    (peft_type.is_prompt() && release < FIRST).then_some((sizes, FIRST))
}
