//! Where the same config is another function in another release. Each case was found by running the releases.

use super::Release;
use super::values::{GELU_ORIG, has_gelu_orig};
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::sites::{Projection, Sites};
use crate::dialects::adapterhub::view::ConfigView;
use crate::models::{Model, Quirk};
use crate::python::equal;
use crate::value::Value;

/// A config that the release takes for another function.
pub(crate) struct Turn {
    /// The key at fault.
    pub(crate) key: &'static str,
    /// What is wrong.
    pub(crate) message: String,
    /// What to do.
    pub(crate) help: String,
    /// The text that means the same to the release, if there is one.
    pub(crate) write: Option<String>,
    /// Whether the file itself tells what it means, by the release that saved it.
    pub(crate) is_told: bool,
}

/// All that a config means otherwise to the release that it is for than to the one that saved it.
pub(crate) fn turns(subject: &Subject<'_>, config: &ConfigView<'_>) -> Vec<Turn> {
    let (target, known) = (subject.release, subject.saved_by());
    let saved = known.unwrap_or(Release::NEWEST);
    let mut turns = Vec::new();
    // What newer releases make of older files is told by rules of their own.
    if target >= saved {
        return turns;
    }
    match config.method {
        Method::Lora | Method::MtlLora => turns.extend(low_rank(subject, config, target, saved)),
        Method::Bottleneck => {
            turns.extend(activation(config, target, saved));
            turns.extend(swapped(subject, config, target, saved));
            turns.extend(invertible(subject, config, target, saved));
        }
        Method::PrefixTuning => {
            turns.extend(grouped_heads(subject, target, saved));
            turns.extend(prefixes_of_bart(subject, target, saved));
            turns.extend(prefixes_of_clip(subject, target, saved));
        }
        Method::PromptTuning => turns.extend(unused_prompt(subject, target)),
        _ => {}
    }
    for turn in &mut turns {
        turn.is_told = known.is_some();
    }
    turns
}

/// Whether the file's activation, written so, would mean another function: files are read as by the release that saved
/// them, or by the newest where they do not say which that was. Then the release's own name for the function may not be
/// put into the file.
pub(crate) fn is_ambiguous(subject: &Subject<'_>, name: &str) -> bool {
    let saved = subject.saved_by().unwrap_or(Release::NEWEST);
    is_approximate(name, subject.release) != is_approximate(name, saved)
}

/// Whether a release takes this name for the tanh approximation of GELU, though others do not: `gelu` up to
/// adapter-transformers 2.3.0.
pub(crate) fn is_approximate(name: &str, release: Release) -> bool {
    name.eq_ignore_ascii_case("gelu") && release.has_own_activations()
}

fn low_rank(subject: &Subject<'_>, config: &ConfigView<'_>, target: Release, saved: Release) -> Option<Turn> {
    // No release before 3.1 wrote LoRA: such a file lost its version, and means what the newest makes of it.
    let saved = if saved.knows_method(Method::Lora) { saved } else { Release::NEWEST };
    let (alpha, rank) = (config.value("alpha")?, config.value("r")?);
    let is_changed = target.scales_plain_layers() != saved.scales_plain_layers();
    if !is_changed
        || equal(&alpha, &rank)
        || config.is_true("use_gating")
        || !adapts_plain(config, subject.model.as_ref())
    {
        return None;
    }
    let (with, without) = if target.scales_plain_layers() { (target, saved) } else { (saved, target) };
    Some(Turn {
        key: "alpha",
        message: format!("{with} scales this update by `alpha / r`, but {without} does not"),
        help: "the release has no key for this: the update of every plain linear layer would have to be multiplied"
            .to_owned(),
        write: None,
        is_told: false,
    })
}

/// Whether a low-rank config reaches a layer that is no merged projection of query, key and value.
fn adapts_plain(config: &ConfigView<'_>, model: Option<&Model>) -> bool {
    let merged = model.and_then(|model| Sites::of(&model.model_type)).is_some_and(|sites| {
        sites.layers.iter().flat_map(|layer| layer.linears.iter()).any(|linear| linear.projection == Projection::Merged)
    });
    !merged || config.is_true("intermediate_lora") || config.is_true("output_lora")
}

/// Up to adapter-transformers 2.3.0 `gelu` is the tanh approximation.
fn activation(config: &ConfigView<'_>, target: Release, saved: Release) -> Option<Turn> {
    let name = config.written("non_linearity")?.node.as_str()?;
    if !is_approximate(name, target) || is_approximate(name, saved) {
        return None;
    }
    let has_exact = has_gelu_orig(target);
    Some(Turn {
        key: "non_linearity",
        message: format!("in {target} `gelu` is the tanh approximation, which later releases call `gelu_new`"),
        help: match has_exact {
            true => format!("write \"{GELU_ORIG}\""),
            false => format!("{target} cannot compute the exact GELU; the two differ by less than 0.001"),
        },
        write: has_exact.then(|| format!("\"{GELU_ORIG}\"")),
        is_told: false,
    })
}

fn has(subject: &Subject<'_>, quirk: Quirk) -> bool {
    subject.model.as_ref().is_some_and(|model| quirk.is_of(&model.model_type))
}

/// adapter-transformers up to 3.0.1 gave T5's adapters the block's output and its residual in each other's place.
fn swapped(subject: &Subject<'_>, config: &ConfigView<'_>, target: Release, saved: Release) -> Option<Turn> {
    let is_symmetric = config.is_true("original_ln_before")
        && config.is_true("original_ln_after")
        && config.value("residual_before_ln").as_deref() == Some(&Value::Bool(true))
        && !config.is_true("ln_after")
        && !config.is_true("is_parallel");
    if target.swaps_residual_of_t5() == saved.swaps_residual_of_t5()
        || is_symmetric
        || !has(subject, Quirk::ResidualSwapped)
    {
        return None;
    }
    Some(Turn {
        key: "original_ln_before",
        message:
            "adapter-transformers up to 3.0.1 swaps the block's output and its residual for T5's adapters, which is a \
             different function with this config"
                .to_owned(),
        help: "there is no key for this; use a release on the same side of 3.1.0".to_owned(),
        write: None,
        is_told: false,
    })
}

/// adapter-transformers applied GPT-2's invertible adapters before the position embeddings.
fn invertible(subject: &Subject<'_>, config: &ConfigView<'_>, target: Release, saved: Release) -> Option<Turn> {
    if target.inverts_before_positions() == saved.inverts_before_positions()
        || !config.is_true("inv_adapter")
        || !has(subject, Quirk::InvertedBeforePositions)
    {
        return None;
    }
    Some(Turn {
        key: "inv_adapter",
        message: "adapter-transformers applies GPT-2's invertible adapters before the position embeddings, adapters \
                  applies them after"
            .to_owned(),
        help: "there is no key for this; use a release of the library that saved the file".to_owned(),
        write: None,
        is_told: false,
    })
}

/// Up to adapters 1.0.1 prefixes are as wide as all heads, where later ones are as wide as the heads of keys and values.
fn grouped_heads(subject: &Subject<'_>, target: Release, saved: Release) -> Option<Turn> {
    if target.has_wide_prefixes() == saved.has_wide_prefixes() || !has(subject, Quirk::WidePrefixes) {
        return None;
    }
    Some(Turn {
        key: "prefix_length",
        message: "adapters up to 1.0.1 makes Llama's and Mistral's prefixes as wide as all heads, later releases as \
                  wide as the key and value heads: with grouped heads the tensors do not fit"
            .to_owned(),
        help: "train the prefix again with the target release".to_owned(),
        write: None,
        is_told: false,
    })
}

/// adapters 0.x computes something else with prefixes in BART than the releases before and after it.
fn prefixes_of_bart(subject: &Subject<'_>, target: Release, saved: Release) -> Option<Turn> {
    let is_changed = target.strays_in_prefixes_of_bart() != saved.strays_in_prefixes_of_bart();
    (is_changed && has(subject, Quirk::StrayPrefixes)).then(|| Turn {
        key: "architecture",
        message: "with prefixes in BART, adapters 0.x computes something other than other releases".to_owned(),
        help: "use adapters 1.0.0 or later".to_owned(),
        write: None,
        is_told: false,
    })
}

/// Before adapters 1.0 the mask of prefixes in CLIP's text model was made of ones, and added to the scores.
fn prefixes_of_clip(subject: &Subject<'_>, target: Release, saved: Release) -> Option<Turn> {
    let is_changed = target.raises_prefixes_of_clip() != saved.raises_prefixes_of_clip();
    (is_changed && has(subject, Quirk::RaisedPrefixes)).then(|| Turn {
        key: "architecture",
        message:
            "before adapters 1.0, the attention of CLIP's text model adds 1 to the score of each prefix, but not in \
                  newer releases"
                .to_owned(),
        help: "use adapters 1.0.0 or later".to_owned(),
        write: None,
        is_told: false,
    })
}

/// Up to adapters 1.1.1 prompt tuning of a model that has no place for it is built, and never used.
fn unused_prompt(subject: &Subject<'_>, target: Release) -> Option<Turn> {
    let model = subject.model.as_ref()?;
    target.leaves_prompts_unused(Some(model)).then(|| Turn {
        key: "architecture",
        message: format!("{target} builds the prompt for a {} model, but never uses it", model.model_type),
        help: "choose another method, or another base model".to_owned(),
        write: None,
        is_told: false,
    })
}
