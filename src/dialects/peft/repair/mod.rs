//! Names of tensors as PEFT saves them, from what else is found in files: wrappers of torch, the path of PEFT's own
//! wrapper missing or doubled, the name of the adapter left in.

mod error;
mod path;

pub use error::RepairError;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use self::path::path;
use super::ends::{self, End};
use crate::dialects::peft::Does;
use crate::dialects::peft::PeftType;
use crate::ordered;

/// Rows of trained tokens, which stand beside any method.
const TOKENS: &str = "trainable_tokens_delta";

/// The tensors of prompts, which have no path.
const OF_PROMPTS: [&str; 3] = ["prompt_embeddings", "prefix_task_cols", "prefix_task_rows"];

/// What was wrong with names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Flaw {
    /// Modules that torch puts around others.
    Wrapped,
    /// `base_model.model.` is missing.
    Bare,
    /// `base_model.model.` stands there more than once.
    Doubled,
    /// The path of a program that holds the adapted model stands before it.
    Held,
    /// The name of an adapter was left in.
    Named,
    /// It is a copy of the base model's own beside a module that is kept as a whole; PEFT does not save it.
    Original,
    /// It ends in what another program calls the same matrix.
    Spelt,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Wrapped => "has torch wrappers in its path",
            Self::Bare => "lacks the path of PEFT's wrapper",
            Self::Doubled => "has the path of PEFT's wrapper more than once",
            Self::Held => "has another module's path before that of PEFT's wrapper",
            Self::Named => "contains the name of the adapter",
            Self::Original => "is the base model's own, which PEFT does not save",
            Self::Spelt => "ends in what another program calls the same matrix",
        })
    }
}

/// A name, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// As PEFT saves it; none for what it does not save.
    pub name: Option<String>,
    /// What was wrong.
    pub flaws: BTreeSet<Flaw>,
    /// The name of the adapter, where it was left in.
    pub adapter: Option<String>,
}

impl Repaired {
    /// Whether more was wrong with it than an adapter's name.
    #[must_use]
    pub fn is_moved(&self) -> bool {
        self.flaws.iter().any(|flaw| !matches!(flaw, Flaw::Named | Flaw::Original))
    }
}

/// The names of all tensors of a file as PEFT saves them; of a method that is not known, as far as they do not depend on it.
///
/// # Errors
/// What cannot be told: the tensors of several adapters, two tensors that would have one name, a path that may stand for
/// another.
///
/// ```
/// use adapter_spec::dialects::peft::PeftType;
/// use adapter_spec::dialects::peft::repair::repair;
///
/// let names = repair(Some(PeftType::Lora), ["_orig_mod.base_model.model.h.0.c_attn.lora_A.mine.weight"])?;
/// let repaired = names.values().next().and_then(|repaired| repaired.name.as_deref());
/// assert_eq!(repaired, Some("base_model.model.h.0.c_attn.lora_A.weight"));
/// # Ok::<(), adapter_spec::dialects::peft::repair::RepairError>(())
/// ```
pub fn repair<'a>(
    peft_type: Option<PeftType>,
    names: impl IntoIterator<Item = &'a str>,
) -> Result<BTreeMap<&'a str, Repaired>, RepairError> {
    let is_apart = peft_type.is_some_and(|method| method.is_prompt() || method.does() == Does::Whole);
    let mut paths = Vec::new();
    for name in names {
        let mut flaws = BTreeSet::new();
        let path = if is_apart { apart(name, &mut flaws) } else { path(peft_type, name, &mut flaws)? };
        paths.push((name, path, flaws));
    }
    keep_strays(peft_type, &mut paths);
    let mut read: Vec<_> = paths.iter().map(|(_, path, _)| without_adapter(peft_type, path)).collect();
    distinct(paths.iter().map(|(old, ..)| *old).zip(read.iter().map(|read| read.saved.as_str())))?;
    all_or_none(&paths, &mut read)?;
    one_adapter(&paths, &read)?;
    // With `bias` PEFT saves those of both copies itself, and under names without an adapter's.
    let renamed = read.iter().filter(|read| read.adapter.is_some());
    let saved: BTreeSet<&str> = renamed.map(|read| read.saved.as_str()).collect();
    let originals: Vec<bool> = read.iter().map(|read| is_original(&read.saved, &saved)).collect();
    let all = paths.iter().zip(&read).zip(originals).map(|(((old, _, flaws), read), is_original)| {
        let mut flaws = flaws.clone();
        flaws.extend(read.adapter.map(|_| Flaw::Named));
        flaws.extend(is_original.then_some(Flaw::Original));
        let name = (!is_original).then(|| read.saved.clone());
        (*old, Repaired { name, flaws, adapter: read.adapter.map(str::to_owned) })
    });
    Ok(ordered::map(all))
}

/// A name of the file, its path as PEFT has it, and what was wrong with it.
type Found<'a> = (&'a str, String, BTreeSet<Flaw>);

/// Leaves a name without PEFT's path as it is where names of the method have it: whoever wrote these had no other way of
/// writing them, and a tensor that is none of the method's is then none of PEFT's, such as a step of an optimizer.
fn keep_strays(peft_type: Option<PeftType>, paths: &mut [Found<'_>]) {
    let Some(prefix) = peft_type.and_then(PeftType::prefix) else { return };
    let is_of_method = |path: &str| path.split('.').any(|part| part.starts_with(prefix));
    let is_bare = |flaws: &BTreeSet<Flaw>| flaws.contains(&Flaw::Bare);
    if !paths.iter().any(|(_, path, flaws)| is_of_method(path) && !is_bare(flaws)) {
        return;
    }
    for (name, path, flaws) in paths.iter_mut().filter(|(_, path, flaws)| is_bare(flaws) && !is_of_method(path)) {
        (*path, *flaws) = ((*name).to_owned(), BTreeSet::new());
    }
}

/// # Errors
/// If two have one new name.
fn distinct<'n>(names: impl Iterator<Item = (&'n str, &'n str)>) -> Result<(), RepairError> {
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    for (old, new) in names {
        if let Some(other) = taken.insert(new, old) {
            return Err(RepairError::SameName { tensors: [other, old].map(str::to_owned), name: new.to_owned() });
        }
    }
    Ok(())
}

/// A module of the model may be called like an attribute. PEFT leaves all names of adapters in, or none: where one name has
/// none, what looks like one in others is such a module.
///
/// # Errors
/// If it is no module, as the same attribute is there without a name.
fn all_or_none(paths: &[Found<'_>], read: &mut [Read<'_>]) -> Result<(), RepairError> {
    let is_plain = |read: &Read<'_>| read.attribute.is_some() && read.adapter.is_none();
    if !read.iter().any(is_plain) {
        return Ok(());
    }
    let plain: BTreeSet<_> = read.iter().filter(|read| is_plain(read)).map(|read| read.attribute).collect();
    let is_mixed = |read: &Read<'_>| read.adapter.is_some() && plain.contains(&read.attribute);
    if let Some(((name, ..), _)) = paths.iter().zip(&*read).find(|(_, read)| is_mixed(read)) {
        return Err(RepairError::PartlyNamed { name: (*name).to_owned() });
    }
    for (read, (_, path, _)) in read.iter_mut().zip(paths).filter(|(read, _)| read.attribute.is_some()) {
        (read.saved, read.adapter) = (path.clone(), None);
    }
    Ok(())
}

/// # Errors
/// If names of several adapters were left in.
fn one_adapter(paths: &[Found<'_>], read: &[Read<'_>]) -> Result<(), RepairError> {
    let mut adapters: BTreeMap<&str, &str> = BTreeMap::new();
    for (read, (name, ..)) in read.iter().zip(paths) {
        if let Some(adapter) = read.adapter {
            adapters.entry(adapter).or_insert(name);
        }
    }
    let mut adapters = adapters.into_iter();
    match (adapters.next(), adapters.next()) {
        (Some((first, one)), Some((second, other))) => Err(RepairError::SeveralAdapters {
            adapters: [first, second].map(str::to_owned),
            tensors: [one, other].map(str::to_owned),
        }),
        _ => Ok(()),
    }
}

/// Whether it is the base model's own tensor of a module that is kept as a whole, and stands there as such.
fn is_original(name: &str, saved: &BTreeSet<&str>) -> bool {
    let trained = |(at, part): (usize, &str)| format!("{}{}", &name[..at], &name[at + part.len()..]);
    name.match_indices(".original_module").any(|found| saved.contains(trained(found).as_str()))
}

/// A name of a method whose tensors belong to no module. Whatever stands before a prompt is none of PEFT's.
fn apart(name: &str, flaws: &mut BTreeSet<Flaw>) -> String {
    match name.rsplit_once('.') {
        Some((_, last)) if OF_PROMPTS.contains(&last) => {
            flaws.insert(Flaw::Held);
            last.to_owned()
        }
        _ => name.to_owned(),
    }
}

/// A path, read.
struct Read<'p> {
    /// The path as it is saved.
    saved: String,
    /// The name of the adapter that was left in.
    adapter: Option<&'p str>,
    /// The method's attribute; none where PEFT looks for no such name.
    attribute: Option<&'p str>,
}

fn without_adapter<'p>(peft_type: Option<PeftType>, path: &'p str) -> Read<'p> {
    let parts: Vec<&str> = path.split('.').collect();
    let without = |places: std::ops::Range<usize>| {
        let rest = parts.iter().enumerate().filter(|(at, _)| !places.contains(at)).map(|(_, part)| *part);
        rest.collect::<Vec<_>>().join(".")
    };
    let as_it_is = |attribute| Read { saved: path.to_owned(), adapter: None, attribute };
    // A module that is kept as a whole: `modules_to_save.<adapter>.weight`, beside `original_module.weight`.
    if let Some(at) = parts.iter().position(|part| *part == "modules_to_save").filter(|at| *at > 0) {
        return match parts.get(at + 1) {
            Some(adapter) if parts.len() > at + 2 => {
                Read { saved: without(at..at + 2), adapter: Some(adapter), attribute: None }
            }
            _ => as_it_is(None),
        };
    }
    if let [.., "token_adapter", TOKENS, adapter] = parts[..] {
        let last = parts.len() - 1;
        return Read { saved: without(last..last + 1), adapter: Some(adapter), attribute: None };
    }
    match peft_type.and_then(|method| ends::read(method, path)) {
        Some((attribute, End::Named { saved, adapter })) => {
            Read { saved, adapter: Some(adapter), attribute: Some(attribute) }
        }
        Some((attribute, End::Saved)) => as_it_is(Some(attribute)),
        Some((_, End::Other)) | None => as_it_is(None),
    }
}

#[cfg(test)]
mod tests {
    use super::repair;
    use crate::dialects::peft::PeftType::{
        self, Frod, Glora, LnTuning, Lora, Osf, Peanut, PromptTuning, Tinylora, Vblora, Vera,
    };

    fn repaired(peft_type: PeftType, name: &str) -> String {
        let names = repair(Some(peft_type), [name]).unwrap_or_else(|error| panic!("{name}: {error}"));
        names[name].name.clone().unwrap_or_default()
    }

    #[test]
    fn what_is_left_in_goes() {
        let rows = [
            (Lora, "base_model.model.a.q.lora_A.default.weight", "base_model.model.a.q.lora_A.weight"),
            (Lora, "a.q.lora_A.weight", "base_model.model.a.q.lora_A.weight"),
            (Lora, "base_model.model.base_model.model.a.lora_B.bias", "base_model.model.a.lora_B.bias"),
            (Lora, "module.base_model.model.a.lora_B.x.weight", "base_model.model.a.lora_B.weight"),
            (Lora, "base_model.model.a._orig_mod.q.lora_A.weight", "base_model.model.a.q.lora_A.weight"),
            (Lora, "base_model.model.a.lora_magnitude_vector.x.weight", "base_model.model.a.lora_magnitude_vector"),
            (Lora, "base_model.model.a.lora_embedding_A.x", "base_model.model.a.lora_embedding_A"),
            (Lora, "base_model.model.s.modules_to_save.x.weight", "base_model.model.s.weight"),
            (Lora, "base_model.model.default.lora_A.lora_A.weight", "base_model.model.default.lora_A.lora_A.weight"),
            (Lora, "model.base_model.model.a.q.lora_A.weight", "base_model.model.a.q.lora_A.weight"),
            (Lora, "m.n.base_model.base_model.model.a.q.lora_A.x.weight", "base_model.model.a.q.lora_A.weight"),
            (Vera, "base_model.vera_A.x", "base_model.vera_A"),
            (Vera, "policy.base_model.vera_A", "base_model.vera_A"),
            (Vera, "vera_A", "base_model.vera_A"),
            (Vera, "base_model.model.a.vera_lambda_d.x", "base_model.model.a.vera_lambda_d"),
            (Peanut, "base_model.model.a.peanut_encoders.x.0.weight", "base_model.model.a.peanut_encoders.0.weight"),
            (Glora, "base_model.model.a.glora_A.x.Xd", "base_model.model.a.glora_A.Xd"),
            (Osf, "base_model.model.a.osf_svd_params.x.U_low", "base_model.model.a.osf_svd_params.U_low"),
            (Frod, "base_model.frod_V.mlp_up.x", "base_model.frod_V.mlp_up"),
            (Frod, "base_model.frod_V.mlp_up", "base_model.frod_V.mlp_up"),
            (Lora, "base_model.model.a.q.lora_A.0.weight", "base_model.model.a.q.lora_A.weight"),
            // No name of an adapter: without that part PEFT would not look for it either.
            (Lora, "base_model.model.a.q.lora_A.weights", "base_model.model.a.q.lora_A.weights"),
            (Tinylora, "base_model.tinylora_v.x.0", "base_model.tinylora_v.0"),
            (
                Vblora,
                "base_model.model.a.vblora_logits_A.x_topk_indices",
                "base_model.model.a.vblora_logits_A_topk_indices",
            ),
            (PromptTuning, "prompt_embeddings", "prompt_embeddings"),
            (PromptTuning, "module.prompt_embeddings", "prompt_embeddings"),
            (Glora, "base_model.model.a.glora_C.zeros", "base_model.model.a.glora_C.zeros"),
            (
                Lora,
                "base_model.model.a.lora_monteclora_sampler.x.std_prior",
                "base_model.model.a.lora_monteclora_sampler.std_prior",
            ),
            (
                LnTuning,
                "base_model.model.a.ln_tuning_layers.x.up.weight",
                "base_model.model.a.ln_tuning_layers.x.up.weight",
            ),
        ];
        for (peft_type, name, expected) in rows {
            assert_eq!(repaired(peft_type, name), expected, "{name}");
        }
    }

    #[test]
    fn what_is_meant_is_left() {
        // A module that is called like an attribute, and the base model's own weights.
        let names = [
            "base_model.model.a.lora_A.weight",
            "base_model.model.lora_head.proj.weight",
            "base_model.model.s.original_module.weight",
        ];
        let all = repair(Some(Lora), names).expect("all is well");
        assert!(all.iter().all(|(old, new)| new.name.as_deref() == Some(*old) && new.flaws.is_empty()), "{all:?}");
        let names = ["base_model.model.s.modules_to_save.x.weight", "base_model.model.s.original_module.weight"];
        let all = repair(Some(Lora), names).expect("it can be told");
        assert_eq!(all[names[0]].name.as_deref(), Some("base_model.model.s.weight"));
        assert_eq!(all[names[1]].name, None);
        let names = [
            "base_model.model.s.bias",
            "base_model.model.s.modules_to_save.bias",
            "base_model.model.s.original_module.bias",
        ];
        let all = repair(Some(Lora), names).expect("PEFT saves it so");
        assert!(all.iter().all(|(old, new)| new.name.as_deref() == Some(*old)), "{all:?}");
    }

    #[test]
    fn what_is_none_of_pefts_is_left() {
        let names = ["base_model.model.a.lora_A.default.weight", "optimizer.step"];
        let all = repair(Some(Lora), names).expect("it can be told");
        assert_eq!(all[names[0]].name.as_deref(), Some("base_model.model.a.lora_A.weight"));
        assert!(all[names[1]].name.as_deref() == Some(names[1]) && all[names[1]].flaws.is_empty(), "{all:?}");
        let names = ["a.lora_A.weight", "score.weight"];
        let all = repair(Some(Lora), names).expect("it can be told");
        assert_eq!(all[names[1]].name.as_deref(), Some("base_model.model.score.weight"));
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        let rows: [(&[&str], &str); 6] = [
            (&["base_model.model.a.lora_A.x.weight", "base_model.model.a.lora_B.y.weight"], "a PEFT file has only one"),
            (&["base_model.model.a.lora_A.x.weight", "base_model.model.a.lora_A.weight"], "would both be"),
            (&["base_model.model.a.lora_A.x.weight", "base_model.model.b.lora_A.weight"], "have none"),
            (&["model.model.a.lora_A.weight"], "it is unclear"),
            (&["module.a.lora_A.weight"], "it is unclear"),
            (&["diffusion_model.a.lora_A.weight"], "it is unclear"),
        ];
        for (names, expected) in rows {
            let error = repair(Some(Lora), names.iter().copied()).expect_err(expected);
            assert!(error.to_string().contains(expected), "{error}");
        }
    }
}
