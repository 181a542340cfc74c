use std::collections::{BTreeMap, BTreeSet};

use crate::dialects::peft::PeftType::{
    self, Adalora, AdaptionPrompt, Boft, C3a, Delora, Frod, Gralora, Hira, Lily, Loha, Lokr, Lora, Osf, Peanut, Pvera,
    Randlora, Road, Tinylora, Unilora, Vblora, Vera,
};
use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::comparison::Comparison;
use crate::dialects::peft::checkpoint::spellings::whose;
use crate::dialects::peft::checkpoint::told::names;
use crate::dialects::peft::checkpoint::untaken::{Untaken, wanted};
use crate::dialects::peft::config::PeftMethod;
use crate::dialects::peft::expected::BASE;
use crate::dialects::peft::names::{Name, Owner, Part, SHARED as BASE_OF_SHARED};
use crate::findings::words::counted;
use crate::findings::{Report, Severity, rule};
use crate::python::is_true;
use crate::tensors::TensorFile;
use crate::value::{Map, Value};

rule! {
    /// Tensors that PEFT looks for, but that are not there.
    ///
    /// ## Why is this bad
    /// What is missing stays as it was initialised, in most methods without effect; PEFT only warns of missing keys.
    /// For modules that are saved in full, for prompts, and for rows of embeddings (`trainable_token_indices` of LoRA) it
    /// raises a `KeyError`. It is also an error if
    ///
    /// - a module starts with random numbers, which are others at each load: those of VBLoRA and Lily always do, those of
    ///   C3A unless `init_weights` is true, and those of other methods if the key of their initialisation
    ///   (`init_lora_weights`, `init_weights`) is false, as it is by default for FourierFT;
    /// - no tensor of the method is where it should be: then the base model is served, though perhaps with another head;
    /// - a module has some of its tensors and lacks others: then trained numbers meet initial ones, which may be random (but
    ///   not where these change nothing: LoRA's bias begins with zeros, and the places of SHiRA's and SuperTuning's entries are
    ///   found again);
    /// - what modules share is not there: VBLoRA's vectors, UniLoRA's numbers or what TinyLoRA trains, or the projections of VeRA, pVeRA or FRoD
    ///   that the config says are saved, without which PEFT raises a `ValueError`.
    ///
    /// Without `--model` it is known only how the names of the method's tensors end (`lora_A.weight`, `hada_w1_a`) and which
    /// of them a module has together: a file is reported that has none of them (PEFT loads it as well, and serves the base
    /// model), and so are modules that have some and lack others. Other programs have other names for the same matrices, such
    /// as `lora_down.weight` or `lora_a`; PEFT does not know them.
    ///
    /// Prompts behind `base_model.model.` are found unless the base model has a part called `model`.
    ///
    /// ## Example
    /// ```text
    /// base_model.model.model.layers.2.self_attn.q_proj.lora_A.weight    not there
    /// ```
    ///
    /// ## Fix safety
    /// The missing tensors have to be saved, too. Only where all matrices of LoRA are there under the names of kohya's scripts
    /// (`lora_down.weight`, `lora_up.weight`) or without `.weight`, the weights file is rewritten with PEFT's names; bytes and
    /// metadata stay. This is unsafe: the scale is that of the config then, which whoever wrote the names may not have meant.
    /// Nothing is renamed if there are scales in the file (`.alpha`), which PEFT does not read, nor under the names of MLX
    /// (`lora_a`, `lora_b`), whose matrices are transposed.
    PeftTensorMissing, Warning
}

/// The name of the virtual tokens.
pub(super) const PROMPT: &str = "prompt_embeddings";

/// What `target_modules` is where no module is meant (`DUMMY_TARGET_MODULES` of PEFT).
const DUMMY: &str = "dummy-target-modules";

impl PeftTensorMissing {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        // All methods that put virtual tokens before the input keep them under this name.
        let is_placed =
            || facts.comparison().is_some_and(|found| found.missing.iter().all(|expected| expected.name != PROMPT));
        let lacks_it = |file: &&TensorFile| !file.is_empty() && file.get(PROMPT).is_none() && !is_placed();
        if let Some(file) = facts.file().filter(lacks_it).filter(|_| facts.is_prompt()) {
            let wrapped = format!("{BASE}{PROMPT}");
            if facts.comparison().is_none() && file.get(&wrapped).is_some() {
                let message = format!("PEFT finds `{wrapped}` only if the base model has no part called `model`");
                report.about_tensor(Self::INFO, &wrapped, message).help(format!("rename it to `{PROMPT}`"));
                return;
            }
            let finding = report.about_tensor(Self::INFO, "", format!("there is no `{PROMPT}`, which PEFT looks for"));
            finding.help("use the weights that were saved with this config").severity = Severity::Error;
            return;
        }
        let Some(comparison) = facts.comparison() else { return Self::tell_other_method(facts, report) };
        if comparison.shift.is_some() {
            return;
        }
        // A half that is there without the other is told as such.
        let is_half = |name: &str| match Name::parse(name).owner {
            Owner::Part { module, part: Part::LoraA | Part::LoraB | Part::EmbeddingA | Part::EmbeddingB } => {
                facts.sites().get(module).is_some_and(|site| site.pairs().next().is_some())
            }
            _ => false,
        };
        let missing = comparison.missing.iter().map(|expected| expected.name.as_str()).filter(|name| !is_half(name));
        let missing: Vec<_> = missing.collect();
        let Some(first) = missing.first() else { return };
        let (what, is_error) = consequence(facts, comparison, &missing);
        let message = format!("{} missing: {}{what}", counted(missing.len(), "tensor"), names(missing.iter().copied()));
        let finding = report.about_tensor(Self::INFO, first, message);
        let is_other = |untaken: &Untaken<'_>| untaken.taken == 0 && !untaken.others.is_empty();
        let other = Untaken::in_folder(facts).filter(is_other);
        let other = other.and_then(|untaken| Some(help(facts.method()?, &untaken)));
        let usual = "check that config and weights belong to the same adapter, and that this is its base model";
        finding.help(other.unwrap_or_else(|| usual.to_owned()));
        if is_error {
            finding.severity = Severity::Error;
        }
    }

    /// Without the model: whether the file has anything of the method at all.
    fn tell_other_method(facts: &Facts<'_>, report: &mut Report) {
        let (Some(file), Some(method), Some(config)) = (facts.file(), facts.method(), facts.config()) else { return };
        if method == Lora && lacks_rows(file, config) {
            let message =
                "there are no rows of an embedding, which `trainable_token_indices` names: PEFT raises a `KeyError`";
            let finding = report.about_tensor(Self::INFO, "", message);
            finding.help("use the weights that were saved with this config").severity = Severity::Error;
            return;
        }
        let Some(own) = own(method).filter(|_| !file.is_empty() && !adapts_nothing(config)) else { return };
        let has =
            |prefix: &str| file.iter().any(|tensor| tensor.name().split('.').any(|part| part.starts_with(prefix)));
        let untaken = Untaken::in_folder(facts).unwrap_or_default();
        if untaken.taken == 0 && !untaken.others.is_empty() {
            return Self::tell_untaken(&untaken, method, report);
        }
        if has(own) {
            if let Some(name) = lacks_shared(file, config) {
                let message = format!("there is no `{name}`, which modules share");
                let finding = report.about_tensor(Self::INFO, "", message);
                finding.help("use the weights that were saved with this config").severity = Severity::Error;
            }
            return Self::tell_torn(file, method, config, report);
        }
        let others = PeftType::ALL.iter().filter(|method| method.prefix().is_some_and(has)).map(|method| method.name());
        let others: BTreeSet<_> = others.collect();
        // It passes over modules of other kinds without a word, and then saves only what is beside it.
        if method == Osf && others.is_empty() {
            return;
        }
        let (count, first) = (counted(file.len(), "tensor"), file.iter().next());
        let message = format!(
            "the file has {count}, but none of {method}, whose names contain `{own}`: PEFT leaves the adapter as it was \
             initialised"
        );
        let finding = report.about_tensor(Self::INFO, first.as_ref().map_or("", |tensor| tensor.name()), message);
        finding.severity = Severity::Error;
        finding.help(if others.is_empty() {
            "use the weights that were saved with this config".to_owned()
        } else {
            let others = others.into_iter().collect::<Vec<_>>().join(" or ");
            format!("the names are those of {others}: use the config that was saved with them")
        });
    }
}

impl PeftTensorMissing {
    /// That all tensors of the method have names that it does not look for.
    fn tell_untaken(untaken: &Untaken<'_>, method: PeftType, report: &mut Report) {
        let Some((first, _)) = untaken.others.first_key_value() else { return };
        let all = names(untaken.others.keys().copied());
        let count = counted(untaken.others.len(), "tensor");
        let message = format!(
            "the file has {count} of {method}, but none under a name that PEFT looks for: PEFT leaves the adapter as it was \
             initialised; it drops {all}"
        );
        let finding = report.about_tensor(Self::INFO, first, message);
        finding.severity = Severity::Error;
        finding.help(help(method, untaken));
    }

    /// Without the model: modules that have some tensors of the method without those that belong to them.
    fn tell_torn(file: &TensorFile, method: PeftType, config: &Map, report: &mut Report) {
        let Some(own) = own(method) else { return };
        let mut roles: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for tensor in file.iter() {
            let parts: Vec<&str> = tensor.name().split('.').collect();
            if let Some(at) = parts.iter().rposition(|part| part.starts_with(own)) {
                roles.entry(parts[..at].join(".")).or_default().insert(parts[at].to_owned());
            }
        }
        let is_dora = method == Lora && config.get("use_dora").is_some_and(is_true);
        let mut groups: Vec<&[&str]> =
            TOGETHER.iter().filter(|(of, _)| *of == method).map(|(_, group)| *group).collect();
        groups.extend(DORA.iter().copied().filter(|_| is_dora));
        let mut missing = Vec::new();
        for (module, found) in &roles {
            let is_begun = |group: &&&[&str]| group.iter().any(|role| *role != MAGNITUDE && found.contains(*role));
            for group in groups.iter().filter(is_begun) {
                let lacking = group.iter().filter(|role| !found.contains(**role) && !is_lora_half(role));
                missing.extend(lacking.map(|role| format!("{module}.{role}")));
            }
        }
        let Some(first) = missing.first() else { return };
        let all = names(missing.iter().map(String::as_str));
        let message = format!("{} missing: {all}", counted(missing.len(), "tensor"));
        let finding = report.about_tensor(Self::INFO, first, message);
        finding.help("use the weights that were saved with this config").severity = Severity::Error;
    }
}

/// What is to be said of names that PEFT does not look for.
fn help(method: PeftType, untaken: &Untaken<'_>) -> String {
    let attributes = || untaken.others.values().map(String::as_str);
    let whose = attributes().find_map(|attribute| whose(method, attribute));
    let whose = whose.map(|whose| format!("; {whose}")).unwrap_or_default();
    format!("{}{whose}", wanted(method, attributes()))
}

/// What the names of a method's attributes begin with.
fn own(method: PeftType) -> Option<&'static str> {
    // PEFT knows these by their whole names.
    method.prefix().or((method == AdaptionPrompt).then_some("adaption_"))
}

/// What PEFT does without these tensors, in words, and whether it is an error.
fn consequence(facts: &Facts<'_>, comparison: &Comparison<'_>, missing: &[&str]) -> (&'static str, bool) {
    let is_the_same = missing.iter().all(|name| SAME_AGAIN.iter().any(|end| name.ends_with(end)));
    if missing.iter().any(|name| name.contains(ROWS) || is_whole(facts, name)) {
        return ("; PEFT raises a `KeyError`", true);
    }
    let own = facts.method().and_then(own);
    // What modules share is not of one, and is drawn with a seed.
    let is_own = |name: &&str| {
        name.starts_with(BASE) && own.is_some_and(|own| name.split('.').any(|part| part.starts_with(own)))
    };
    if !is_the_same && missing.iter().any(is_own) && facts.config().is_some_and(starts_at_random) {
        return ("; PEFT draws new random numbers for them at each load", true);
    }
    let is_error = comparison.placed == 0
        || comparison.lacks_method
        || comparison.is_torn && !is_the_same
        || facts.is_prompt()
        || facts.file().zip(facts.config()).is_some_and(|(file, config)| lacks_shared(file, config).is_some());
    ("", is_error)
}

/// What names have in them of rows of an embedding.
const ROWS: &str = ".token_adapter.";

/// Whether the config asks for rows of an embedding, and the file has none at all. The rows of the embedding itself are
/// always saved; only modules that are tied to it follow them without tensors of their own.
fn lacks_rows(file: &TensorFile, config: &Map) -> bool {
    let is_asked = match config.get("trainable_token_indices") {
        None | Some(Value::Null) => false,
        Some(Value::Map(modules)) => !modules.is_empty(),
        Some(_) => true,
    };
    is_asked && !file.is_empty() && !file.iter().any(|tensor| tensor.name().contains(ROWS))
}

/// Whether a module whose tensors are missing computes something else than without the method, with numbers that PEFT draws
/// anew each time.
fn starts_at_random(config: &Map) -> bool {
    let Some(method) = PeftType::of(config) else { return false };
    let keys = PeftMethod::of(method);
    let flag = keys.keys().find(|key| key.name.starts_with("init_") && key.name.ends_with("weights"));
    let value = flag.map(|key| config.get(key.name).cloned().unwrap_or_else(|| Value::from(&key.default_value())));
    match method {
        Vblora | Lily => true,
        C3a => value != Some(Value::Bool(true)),
        // It draws with a seed that the config has.
        Tinylora | Unilora => false,
        _ => value.is_some_and(|value| !is_true(&value)),
    }
}

/// How names end of what makes no difference where it is missing: it begins with zeros, or PEFT makes the same of seed and weights.
const SAME_AGAIN: [&str; 3] = [".lora_B.bias", ".shira_indices", ".supertuning_indices"];

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

/// The name of what all modules share, if the file lacks it.
fn lacks_shared(file: &TensorFile, config: &Map) -> Option<String> {
    let method = PeftType::of(config)?;
    let (_, attributes, is_asked) = SHARED.iter().find(|(of, ..)| *of == method)?;
    let is_saved = || match config.get("save_projection") {
        Some(value) => is_true(value),
        None => is_true(&PeftMethod::of(method).default_of("save_projection")),
    };
    let is_there = || file.iter().any(|tensor| tensor.name().split('.').any(|part| attributes.contains(&part)));
    ((!is_asked || is_saved()) && !is_there()).then(|| format!("{BASE_OF_SHARED}{}", attributes[0]))
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

/// DoRA's lengths, which pairs of two names have.
pub(super) const MAGNITUDE: &str = "lora_magnitude_vector";

/// The same of LoRA with DoRA.
const DORA: [&[&str]; 2] = [&["lora_A", "lora_B", MAGNITUDE], &["lora_embedding_A", "lora_embedding_B", MAGNITUDE]];

/// Whether a tensor is a half of a pair, of which another rule tells.
fn is_lora_half(role: &str) -> bool {
    matches!(role, "lora_A" | "lora_B" | "lora_embedding_A" | "lora_embedding_B")
}

/// Whether a config asks for no modules, so that what is trained beside the method is all there is.
fn adapts_nothing(config: &Map) -> bool {
    match config.get("target_modules") {
        Some(Value::List(names)) => names.is_empty(),
        Some(Value::String(name)) => name.is_empty() || name == DUMMY,
        _ => false,
    }
}

/// Whether a tensor is of a module that is saved whole.
pub(in crate::dialects::peft::checkpoint) fn is_whole(facts: &Facts<'_>, name: &str) -> bool {
    let listed = facts.config().and_then(|config| config.get("modules_to_save")).and_then(Value::as_list);
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
