//! Values that came later than the key that takes them. Recorded by running the releases
//! (`fixtures/releases/peft_values.json`).

use super::Release;
use crate::dialects::peft::LoraInit;
use crate::dialects::peft::PeftType::{self, Adalora, Boft, Lokr, Lora, Oft};
use crate::dialects::peft::uses::{MethodUses, Use};
use crate::python::is_true;
use crate::value::Value;

/// A value that a release does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Newer {
    /// The first release that knows it.
    pub(crate) since: Release,
    /// What the release does with it.
    pub(crate) does: Does,
    /// How much depends on it.
    pub(crate) matters: Matters,
}

/// What a release does with a value that it does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Does {
    /// It raises an error, of this kind and for this reason.
    Refuses(&'static str),
    /// It takes it for this.
    Takes(&'static str),
}

/// What a value decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Matters {
    /// Where an adapter begins: nothing once it is trained.
    Start,
    /// What a trained adapter computes.
    Function,
}

/// From here on LoRA compares what its weights begin with; before, whatever is true to Python was `true`.
const COMPARES_INITS: Release = Release::at("0.7.0");

/// From here on `all-linear` is more than a pattern that no module matches. It was not run before 0.2.0.
const ALL_LINEAR: [Release; 2] = [Release::at("0.2.0"), Release::at("0.8.0")];

/// From here on AdaLoRA goes without dropout.
const NO_DROPOUT: Release = Release::at("0.5.0");

/// From here on OFT goes without a number of blocks, and takes their size instead.
const NO_BLOCKS: Release = Release::at("0.14.0");

/// From here on LoRA takes a `loftq_config` that is no object, where it does not use it.
const ANY_LOFTQ: Release = Release::at("0.14.0");

/// From here on LoKr compares `init_weights`.
const LYCORIS: Release = Release::at("0.14.0");

/// From here on the patterns of LoRA's ranks and scales may begin at the start of a path.
const FROM_START: Release = Release::at("0.15.0");

/// From here on `bias` may be any text that ends with `_only`; before, only the method's own. Those that look at it again
/// when they save took longer.
const ANY_BIAS: [(&[PeftType], Release); 2] =
    [(&[Lora, Adalora, Boft], Release::at("0.21.0")), (&[], Release::at("0.18.0"))];

/// What a release makes of a value that it does not know; `None` if it knows it, or if no release knows it.
pub(crate) fn newer(release: Release, peft_type: PeftType, key: &str, value: &Value) -> Option<Newer> {
    let is_before = |first: Release| release < first;
    if (peft_type, key) == (Adalora, "lora_dropout")
        && value.as_f64().is_some_and(|rate| rate.abs() <= 0.0)
        && is_before(NO_DROPOUT)
    {
        let does = Does::Refuses("a `TypeError` for a layer without dropout");
        return Some(Newer { since: NO_DROPOUT, does, matters: Matters::Function });
    }
    if (peft_type, key) == (Oft, "r") && value.as_i64() == Some(0) && is_before(NO_BLOCKS) {
        let does = Does::Refuses("an error for a number of blocks that is not above 0");
        return Some(Newer { since: NO_BLOCKS, does, matters: Matters::Function });
    }
    if (peft_type, key) == (Lora, "loftq_config") && is_true(value) && value.as_map().is_none() && is_before(ANY_LOFTQ)
    {
        let does = Does::Refuses("a `TypeError`");
        return Some(Newer { since: ANY_LOFTQ, does, matters: Matters::Function });
    }
    let text = value.as_str()?;
    match (peft_type, key) {
        (Lora, "init_lora_weights") => {
            let since = LoraInit::since(text).filter(|since| is_before(*since))?;
            let does = if is_before(COMPARES_INITS) {
                Does::Takes("`true`")
            } else {
                Does::Refuses("a `ValueError` for an unknown initialization")
            };
            let is_start = LoraInit::named(text).leaves_the_base_alone();
            Some(Newer { since, does, matters: if is_start { Matters::Start } else { Matters::Function } })
        }
        (_, "target_modules") if text.eq_ignore_ascii_case("all-linear") => {
            let [run, since] = ALL_LINEAR;
            (is_before(since) && !is_before(run)).then_some(Newer {
                since,
                does: Does::Refuses("a `ValueError`, since no module has this name"),
                matters: Matters::Function,
            })
        }
        (_, "bias") if text.ends_with("_only") => {
            let own = match MethodUses::of(peft_type)?.use_of("bias")? {
                Use::Bias(own) => own,
                _ => return None,
            };
            let (_, since) = ANY_BIAS.iter().find(|(methods, _)| methods.is_empty() || methods.contains(&peft_type))?;
            (text != own && is_before(*since)).then_some(Newer {
                since: *since,
                does: Does::Refuses("a `NotImplementedError`"),
                matters: Matters::Function,
            })
        }
        (Lokr, "init_weights") if text == "lycoris" => {
            is_before(LYCORIS).then_some(Newer { since: LYCORIS, does: Does::Takes("`true`"), matters: Matters::Start })
        }
        _ => None,
    }
}

/// What a release makes of a key of `rank_pattern` or `alpha_pattern` that it does not understand.
pub(crate) fn newer_pattern(release: Release, peft_type: PeftType, key: &str, pattern: &str) -> Option<Newer> {
    let is_from_start = peft_type == Lora && pattern.starts_with('^') && release < FROM_START;
    let does = match key {
        "rank_pattern" => {
            Does::Refuses("a `RuntimeError` for tensors of a different shape, since no module matches it")
        }
        "alpha_pattern" => Does::Takes("a pattern that no module matches"),
        _ => return None,
    };
    is_from_start.then_some(Newer { since: FROM_START, does, matters: Matters::Function })
}
