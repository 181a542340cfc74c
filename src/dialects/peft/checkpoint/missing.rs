//! What PEFT makes of tensors that a file lacks.

use std::collections::{BTreeMap, BTreeSet};

use super::comparison::{Comparison, PROMPT};
use crate::dialects::peft::PeftType::{
    self, Adalora, AdaptionPrompt, Boft, Delora, Frod, Gralora, Hira, Lily, Loha, Lokr, Lora, Peanut, Pvera, Randlora,
    Road, Tinylora, Unilora, Vblora, Vera,
};
use crate::dialects::peft::config::PeftMethod;
use crate::dialects::peft::names::{BASE, Name, Owner, SHARED as BASE_OF_SHARED};
use crate::dialects::peft::taken::Start;
use crate::python::is_true;
use crate::tensors::TensorFile;
use crate::value::{Map, Value};

/// What PEFT makes of a folder in which tensors are missing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Without {
    /// An error of this kind.
    Refused(&'static str),
    /// Numbers that are drawn anew each time.
    Drawn,
    /// Numbers of its own beside some of the adapter's.
    Torn,
    /// Numbers of its own, the same each time, which do something.
    Seeded,
    /// What the base model computes.
    Base,
}

impl Without {
    /// Of these tensors, which a file lacks that is held against the config on a base model.
    pub(super) fn these(missing: &[&str], comparison: &Comparison<'_>, (file, config): (&TensorFile, &Map)) -> Self {
        if missing.iter().any(|name| *name == PROMPT || name.contains(ROWS) || is_whole(config, name)) {
            return Self::Refused("KeyError");
        }
        let is_the_same = missing.iter().all(|name| SAME_AGAIN.iter().any(|end| name.ends_with(end)));
        let own = PeftType::of(config).and_then(own);
        // What modules share is not of one.
        let is_own = |name: &&str| {
            name.starts_with(BASE) && own.is_some_and(|own| name.split('.').any(|part| part.starts_with(own)))
        };
        let lacks_own = !is_the_same && missing.iter().any(is_own);
        let is_drawn = |name: &&str| name.ends_with(BIAS) || lacks_own && is_own(name);
        let start = if shares_b(missing, file, config) { Start::Drawn } else { Start::of(config) };
        match start {
            Start::Drawn if missing.iter().any(is_drawn) => Self::Drawn,
            _ => match lacks_shared(file, config) {
                Some((_, without)) => without,
                None if comparison.is_torn && !is_the_same => Self::Torn,
                // Beside the virtual tokens.
                None if PeftType::of(config).is_some_and(PeftType::is_prompt) => Self::Torn,
                None if start == Start::Seeded && lacks_own => Self::Seeded,
                None => Self::Base,
            },
        }
    }
}

/// Whether a module of Lily lacks tensors, but has the B of others, which one entry of `target_modules` means as well: then it
/// does something with an A and a router that are drawn (`tuners/lily/model.py`).
fn shares_b(missing: &[&str], file: &TensorFile, config: &Map) -> bool {
    if PeftType::of(config) != Some(Lily) {
        return false;
    }
    let listed = config.get("target_modules").and_then(Value::as_list).unwrap_or_default();
    let entry = |name: &str| {
        let (module, _) = name.split_once(".lily_")?;
        Some(listed.iter().filter_map(Value::as_str).rfind(|entry| module.ends_with(entry)))
    };
    let there: BTreeSet<_> = file.iter().filter_map(|tensor| entry(tensor.name())).collect();
    missing.iter().filter_map(|name| entry(name)).any(|entry| there.contains(&entry))
}

/// What names have in them of rows of an embedding.
const ROWS: &str = ".token_adapter.";

/// Whether the config asks for rows of an embedding, and the file has none at all. The rows of the embedding itself are
/// always saved; only modules that are tied to it follow them without tensors of their own.
pub(super) fn lacks_rows(file: &TensorFile, config: &Map) -> bool {
    let is_asked = match config.get("trainable_token_indices") {
        None | Some(Value::Null) => false,
        Some(Value::Map(modules)) => !modules.is_empty(),
        Some(_) => true,
    };
    is_asked && !file.is_empty() && !file.iter().any(|tensor| tensor.name().contains(ROWS))
}

/// The bias of LoRA, which begins as its B does.
const BIAS: &str = ".lora_B.bias";

/// How names end of what makes no difference where it is missing: it begins with zeros, or PEFT makes the same of seed and weights.
const SAME_AGAIN: [&str; 3] = [BIAS, ".shira_indices", ".supertuning_indices"];

/// What modules share and nothing else can take the place of: the attributes, one of which is enough, and whether the config
/// has to say that they are saved. Without them PEFT draws it again with the same seed.
const SHARED: [(PeftType, &[&str], bool); 6] = [
    (Frod, &["frod_V", "frod_s_indices", "frod_s_size"], true),
    (Pvera, &["pvera_A"], true),
    (Tinylora, &["tinylora_v"], false),
    (Unilora, &["unilora_theta_d"], false),
    (Vblora, &["vblora_vector_bank"], false),
    (Vera, &["vera_A"], true),
];

/// The name of what all modules share, if the file lacks it, and what PEFT makes of that.
pub(crate) fn lacks_shared(file: &TensorFile, config: &Map) -> Option<(String, Without)> {
    let method = PeftType::of(config)?;
    let (_, attributes, is_asked) = SHARED.iter().find(|(of, ..)| *of == method)?;
    let is_saved = || match config.get("save_projection") {
        Some(value) => is_true(value),
        None => is_true(&PeftMethod::of(method).default_of("save_projection")),
    };
    let is_there = || file.iter().any(|tensor| tensor.name().split('.').any(|part| attributes.contains(&part)));
    let without = if *is_asked { Without::Refused("ValueError") } else { Without::Torn };
    ((!is_asked || is_saved()) && !is_there()).then(|| (format!("{BASE_OF_SHARED}{}", attributes[0]), without))
}

/// What a module has together, as PEFT names it before `.weight`: all of a row or none.
const TOGETHER: [(PeftType, &[&str]); 18] = [
    (Adalora, &["lora_A", "lora_B", "lora_E"]),
    (AdaptionPrompt, &["adaption_prompt", "adaption_gate"]),
    (Boft, &["boft_R", "boft_s"]),
    (Delora, &["delora_A", "delora_B", "delora_lambda"]),
    (Gralora, &["gralora_A", "gralora_B"]),
    (Gralora, &["gralora_A_general", "gralora_B_general"]),
    (Hira, &["hira_A", "hira_B"]),
    (Hira, &["hira_embedding_A", "hira_embedding_B"]),
    (Loha, &["hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b"]),
    (Lokr, &["lokr_w1_a", "lokr_w1_b"]),
    (Lokr, &["lokr_w2_a", "lokr_w2_b"]),
    (Peanut, &["peanut_A", "peanut_B"]),
    (Pvera, &["pvera_lambda_b", "pvera_lambda_d"]),
    (Randlora, &["randlora_lambda", "randlora_gamma"]),
    (Road, &["road_theta", "road_alpha"]),
    (Unilora, &["unilora_indices_A", "unilora_indices_B", "unilora_scales_A", "unilora_scales_B"]),
    (Vblora, &["vblora_logits_A", "vblora_logits_B"]),
    (Vera, &["vera_lambda_b", "vera_lambda_d"]),
];

/// The two factors of LoKr, each whole or in two parts.
const FACTORS: [&[&str]; 2] = [&["lokr_w1", "lokr_w1_a"], &["lokr_w2", "lokr_w2_a"]];

/// DoRA's lengths, which pairs of two names have.
pub(super) const MAGNITUDE: &str = "lora_magnitude_vector";

/// The same of LoRA.
const PAIRS: [&[&str]; 2] = [&["lora_A", "lora_B"], &["lora_embedding_A", "lora_embedding_B"]];

/// And with DoRA.
const DORA: [&[&str]; 2] = [&["lora_A", "lora_B", MAGNITUDE], &["lora_embedding_A", "lora_embedding_B", MAGNITUDE]];

/// The tensors that belong to others of the same module, and are not among these names.
pub(crate) fn torn_off<'n>(names: impl Iterator<Item = &'n str>, config: &Map) -> Vec<String> {
    let Some((method, own)) = PeftType::of(config).and_then(|method| Some((method, own(method)?))) else {
        return Vec::new();
    };
    let mut roles: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for name in names {
        let parts: Vec<&str> = name.split('.').collect();
        if let Some(at) = parts.iter().rposition(|part| part.starts_with(own)) {
            roles.entry(parts[..at].join(".")).or_default().insert(parts[at]);
        }
    }
    let is_dora = method == Lora && config.get("use_dora").is_some_and(is_true);
    let mut groups: Vec<&[&str]> = TOGETHER.iter().filter(|(of, _)| *of == method).map(|(_, group)| *group).collect();
    groups.extend(PAIRS.iter().copied().filter(|_| method == Lora && !is_dora));
    groups.extend(DORA.iter().copied().filter(|_| is_dora));
    let mut missing = Vec::new();
    for (module, found) in &roles {
        let is_begun = |group: &&&[&str]| group.iter().any(|role| *role != MAGNITUDE && found.contains(role));
        for group in groups.iter().filter(is_begun) {
            let lacking = group.iter().filter(|role| !found.contains(*role));
            missing.extend(lacking.map(|role| format!("{module}.{role}")));
        }
        let has = |factor: &&[&str]| factor.iter().any(|role| found.contains(role));
        if method == Lokr && FACTORS.iter().any(has) {
            let lacking = FACTORS.iter().filter(|factor| !has(factor));
            missing.extend(lacking.map(|factor| format!("{module}.{}", factor[0])));
        }
    }
    missing
}

/// What the names of a method's attributes begin with.
pub(super) fn own(method: PeftType) -> Option<&'static str> {
    // PEFT knows these by their whole names.
    method.prefix().or((method == AdaptionPrompt).then_some("adaption_"))
}

/// Whether a tensor is of a module that is saved whole.
pub(super) fn is_whole(config: &Map, name: &str) -> bool {
    let listed = config.get("modules_to_save").and_then(Value::as_list);
    let mut listed = listed.unwrap_or_default().iter().filter_map(Value::as_str);
    let modules = || name.match_indices('.').map(|(at, _)| &name[..at]);
    // The biases that `bias` saves of both copies of such a module are not looked for: the module has its own.
    matches!(Name::parse(name).owner, Owner::Whole { .. })
        && ![".modules_to_save.", ".original_module."].iter().any(|copy| name.contains(copy))
        && listed.any(|entry| modules().any(|module| module.ends_with(entry)))
}

#[cfg(test)]
mod tests {
    use super::{DORA, Lora, TOGETHER};
    use crate::dialects::peft::ends::nearest;

    #[test]
    fn what_is_together_ends_as_the_names_of_the_method_do() {
        let groups = TOGETHER.iter().map(|(method, group)| (*method, *group));
        for (method, group) in groups.chain(DORA.iter().map(|group| (Lora, *group))) {
            for role in group {
                let is_of = |end: &&str| end.split('.').next() == Some(*role);
                assert!(nearest(method, role).iter().all(is_of), "{method}: {role}");
            }
        }
    }
}
