//! Tasks that releases cannot do beside a method: the head of a model that is trained with an adapter, and the sizes that a
//! prompt has. Recorded by running the releases (`fixtures/releases/peft_heads.json`, `fixtures/releases/peft_values.json`).

use super::Release;

/// The methods that learn a prompt.
pub(super) const PROMPTS: [&str; 5] = ["CPT", "MULTITASK_PROMPT_TUNING", "PREFIX_TUNING", "PROMPT_TUNING", "P_TUNING"];

/// The tasks with a head, which is trained and saved with the adapter.
const HEADS: [&str; 3] = ["QUESTION_ANS", "SEQ_CLS", "TOKEN_CLS"];

/// The first release that answers questions and extracts features, and that finds the sizes of a prompt in the model.
const FIRST: &str = "0.4.0";

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

/// Releases that fail prompts beside these heads: from the first on, before the second.
const FAILS: &[(&str, &str, &[&str], Head)] = &[
    // The classes for a head have an `add_adapter` that lacks `low_cpu_mem_usage`, which their constructor hands on.
    ("0.13.0", "0.14.0", &HEADS, Head::Refused("a `TypeError`")),
    // `modules_to_save` is asked of every config.
    ("0.15.0", "0.15.2", &HEADS, Head::Refused("an `AttributeError`")),
    // It is set where it is there.
    ("0.15.2", "0.16.0", &HEADS, Head::Lost),
    ("0.16.0", "0.17.0", &["SEQ_CLS"], Head::Lost),
    ("0.16.0", "0.17.0", &["QUESTION_ANS", "TOKEN_CLS"], Head::Refused("a `TypeError`")),
];

/// Whether a release cannot do a task beside a method, and what it does.
pub(crate) fn undone(release: Release, peft_type: &str, task: &str) -> Option<Undone> {
    let first = Release::named(FIRST)?;
    let is_prompt = PROMPTS.contains(&peft_type);
    if release < first {
        let does = match (task, is_prompt) {
            // There is no class for the task; the general one makes no prompts.
            ("QUESTION_ANS" | "FEATURE_EXTRACTION", true) => {
                let is_oldest = Release::named("0.3.0").is_some_and(|next| release < next);
                Head::Refused(if is_oldest { "an `AttributeError`" } else { "a `KeyError`" })
            }
            ("QUESTION_ANS", false) => Head::Lost,
            _ => return None,
        };
        return Some(Undone { since: first, does });
    }
    if !is_prompt {
        return None;
    }
    FAILS.iter().find_map(|(from, until, tasks, does)| {
        let (from, until) = (Release::named(from)?, Release::named(until)?);
        (from <= release && release < until && tasks.contains(&task)).then_some(())?;
        // Releases that fail otherwise follow some that fail.
        let since = FAILS.iter().filter(|(_, _, tasks, _)| tasks.contains(&task));
        let since = since.fold(until, |since, (from, until, ..)| match (Release::named(from), Release::named(until)) {
            (Some(from), Some(until)) if from == since => until,
            _ => since,
        });
        Some(Undone { since, does: *does })
    })
}

/// The sizes that a release takes from the file of a prompt, and later ones from the model; with the first of those.
pub(crate) fn sizes(release: Release, peft_type: &str) -> Option<(&'static [&'static str], Release)> {
    let first = Release::named(FIRST)?;
    let sizes: &[&str] = match peft_type {
        "PREFIX_TUNING" => &["token_dim", "num_layers", "num_attention_heads", "num_transformer_submodules"],
        _ => &["token_dim", "num_transformer_submodules"],
    };
    (PROMPTS.contains(&peft_type) && release < first).then_some((sizes, first))
}
