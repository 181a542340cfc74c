//! `ensure_weight_tying`: what is adapted or saved of the embeddings is so of the layers that share their weight
//! (`_check_tied_modules` of LoRA's tuner).

use super::Stop;
use super::case::Case;
use crate::dialects::peft::PeftType::Lora;
use crate::dialects::peft::targets::Written;

/// The layers whose weights are saved whole once they are targeted (`EMBEDDING_LAYER_NAMES`).
pub(super) const EMBEDDINGS: [&str; 2] = ["embed_tokens", "lm_head"];

/// What is tied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Ties {
    Nothing,
    /// What is saved whole.
    Saved,
    /// What is adapted.
    Targets,
}

fn ties(case: &Case<'_>, targets: Option<&Written>, saved: &[String]) -> Result<Ties, Stop> {
    if case.method != Lora || !case.flag("ensure_weight_tying") || case.tree.tied.is_empty() {
        return Ok(Ties::Nothing);
    }
    let is_embedding = |name: &String| {
        let last = name.rsplit('.').next().unwrap_or(name);
        EMBEDDINGS.contains(&last)
    };
    if saved.iter().any(is_embedding) {
        return Ok(Ties::Saved);
    }
    match targets {
        None => Ok(Ties::Nothing),
        Some(Written::List(names)) if names.iter().any(is_embedding) => Ok(Ties::Targets),
        Some(Written::List(_)) => Ok(Ties::Nothing),
        // The pattern is put into another, which decides what is saved.
        Some(Written::Text(_)) => Err(Stop::Unknown),
    }
}

/// The name of the input embeddings put to others, and the names taken out that mean what is tied to them.
fn tied(case: &Case<'_>, mut names: Vec<String>) -> Result<Vec<String>, Stop> {
    let input = case.tree.input.ok_or(Stop::Unknown)?;
    if !names.iter().any(|name| name == input) {
        names.push(input.to_owned());
    }
    for key in &case.tree.tied {
        // A whole part of the path, or several.
        let means = |name: &String| format!(".{key}.").contains(&format!(".{name}."));
        if let Some(at) = names.iter().position(means) {
            names.remove(at);
        }
    }
    Ok(names)
}

/// `target_modules` as PEFT goes through them, and what is adapted after them because it is tied.
pub(super) fn targets<'c>(
    case: &Case<'c>,
    targets: Written,
    saved: &[String],
) -> Result<(Written, Vec<&'c str>), Stop> {
    match (ties(case, Some(&targets), saved)?, targets) {
        (Ties::Targets, Written::List(names)) => Ok((Written::List(tied(case, names)?), case.tree.tied.clone())),
        (_, targets) => Ok((targets, Vec::new())),
    }
}

/// `modules_to_save` as PEFT goes through them, and what is saved with them because it is tied.
pub(super) fn saved<'c>(case: &Case<'c>, saved: Vec<String>) -> Result<(Vec<String>, Vec<&'c str>), Stop> {
    match ties(case, None, &saved)? {
        Ties::Saved => Ok((tied(case, saved)?, case.tree.tied.clone())),
        _ => Ok((saved, Vec::new())),
    }
}
