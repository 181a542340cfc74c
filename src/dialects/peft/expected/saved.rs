//! The modules that are saved whole, by what the config and the task say.

use super::Stop;
use super::case::Case;
use crate::dialects::peft::PeftType;
use crate::dialects::peft::config::PeftMethod;

/// The heads that a classifier of sequences may have.
pub(crate) const HEADS: [&str; 2] = ["score", "classifier"];

/// `modules_to_save` as it is when the modules are adapted: the heads of a classifier of sequences are in it, those of other tasks
/// are added later.
pub(super) fn saved_at_first(case: &Case<'_>) -> Result<Vec<String>, Stop> {
    match case.value("task_type").as_str() {
        Some("TOKEN_CLS" | "QUESTION_ANS") => case.names("modules_to_save"),
        _ => saved(case),
    }
}

/// The heads that PEFT adds to `modules_to_save` for a task.
pub(crate) fn heads(task: Option<&str>, method: PeftType) -> &'static [&'static str] {
    match task {
        // For classifiers of tokens the two are named in the other order, which makes no difference.
        Some("SEQ_CLS" | "TOKEN_CLS") if has_modules_to_save(method) => &HEADS,
        Some("QUESTION_ANS") if has_modules_to_save(method) => &["qa_outputs"],
        _ => &[],
    }
}

/// `modules_to_save`, with the heads that PEFT adds for a task.
pub(super) fn saved(case: &Case<'_>) -> Result<Vec<String>, Stop> {
    let mut names = case.names("modules_to_save")?;
    let heads = heads(case.value("task_type").as_str(), case.method);
    names.extend(heads.iter().map(|name| (*name).to_owned()));
    Ok(names)
}

/// Whether the config class of a method has `modules_to_save`.
pub(crate) fn has_modules_to_save(method: PeftType) -> bool {
    has_key(method, "modules_to_save")
}

/// Whether the config class of a method has a key.
pub(super) fn has_key(method: PeftType, key: &str) -> bool {
    PeftMethod::of(method).key(key).is_some()
}
