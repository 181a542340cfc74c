use std::collections::BTreeSet;

use crate::dialects::peft::PeftType::{self, Osf};
use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::comparison::{Comparison, PROMPT};
use crate::dialects::peft::checkpoint::missing::{Without, lacks_rows, lacks_shared, own, torn_off};
use crate::dialects::peft::checkpoint::spellings::whose;
use crate::dialects::peft::checkpoint::told::names;
use crate::dialects::peft::checkpoint::untaken::{Untaken, wanted};
use crate::dialects::peft::names::{BASE, Name, Owner, Part};
use crate::findings::words::counted;
use crate::findings::{Report, Severity, rule};
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
    /// - a module starts with random numbers, which are others at each load: those of VBLoRA always do, those of Lily where
    ///   others have the same entry of `target_modules`, those of C3A unless `init_weights` is true, and those of other
    ///   methods if the key of their initialisation (`init_lora_weights`, `init_weights`) is false, as it is by default for
    ///   FourierFT;
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

/// What `target_modules` is where no module is meant (`DUMMY_TARGET_MODULES` of PEFT).
const DUMMY: &str = "dummy-target-modules";

impl PeftTensorMissing {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        if Self::check_loading(facts, report) {
            return;
        }
        let wrapped = format!("{BASE}{PROMPT}");
        if let Some(file) = facts.file().filter(|_| facts.is_prompt() && facts.comparison().is_none())
            && file.get(PROMPT).is_none()
            && file.get(&wrapped).is_some()
        {
            let message = format!("PEFT finds `{wrapped}` only if the base model has no part called `model`");
            report.about_tensor(Self::INFO, &wrapped, message).help(format!("rename it to `{PROMPT}`"));
            return;
        }
        match facts.comparison() {
            Some(comparison) => Self::tell_missing(comparison, facts, report),
            None => Self::tell_other_method(facts, report),
        }
    }

    /// What is missing so that PEFT raises an error. Whether that is so.
    pub(super) fn check_loading(facts: &Facts<'_>, report: &mut Report) -> bool {
        let (Some(file), Some(config)) = (facts.file().filter(|file| !file.is_empty()), facts.config()) else {
            return false;
        };
        let usual = "use the weights that were saved with this config";
        // All methods that put virtual tokens before the input keep them under this name.
        let is_lost = || match facts.comparison() {
            Some(found) => found.missing.iter().any(|expected| expected.name == PROMPT),
            None => file.get(&format!("{BASE}{PROMPT}")).is_none(),
        };
        if facts.is_prompt() && file.get(PROMPT).is_none() && is_lost() {
            let finding = report.about_tensor(Self::INFO, "", format!("there is no `{PROMPT}`, which PEFT looks for"));
            finding.help(usual).severity = Severity::Error;
            return true;
        }
        let Some(comparison) = facts.comparison() else {
            let message = match lacks_shared(file, config) {
                _ if lacks_rows(file, config) => {
                    "there are no rows of an embedding, which `trainable_token_indices` names: PEFT raises a `KeyError`"
                        .to_owned()
                }
                Some((name, Without::Refused(error))) if has_own(file, config) => {
                    format!("there is no `{name}`, which modules share: PEFT raises a `{error}`")
                }
                _ => return false,
            };
            report.about_tensor(Self::INFO, "", message).help(usual).severity = Severity::Error;
            return true;
        };
        let is_refused = without(facts, comparison).is_some_and(|(_, without)| matches!(without, Without::Refused(_)));
        if is_refused {
            Self::tell_missing(comparison, facts, report);
        }
        is_refused
    }

    /// That tensors are missing which the config asks for on the base model.
    fn tell_missing(comparison: &Comparison<'_>, facts: &Facts<'_>, report: &mut Report) {
        let Some((missing, without)) = without(facts, comparison) else { return };
        let Some(first) = missing.first() else { return };
        let what = match without {
            Without::Refused(error) => format!("; PEFT raises a `{error}`"),
            Without::Drawn => "; PEFT draws new random numbers for them at each load".to_owned(),
            Without::Torn | Without::Seeded | Without::Base => String::new(),
        };
        let is_error = match without {
            Without::Refused(_) | Without::Drawn | Without::Torn => true,
            Without::Seeded | Without::Base => comparison.placed == 0 || comparison.lacks_method,
        };
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
        let Some(own) = own(method).filter(|_| !file.is_empty() && !adapts_nothing(config)) else { return };
        let has =
            |prefix: &str| file.iter().any(|tensor| tensor.name().split('.').any(|part| part.starts_with(prefix)));
        let untaken = Untaken::in_folder(facts).unwrap_or_default();
        if untaken.taken == 0 && !untaken.others.is_empty() {
            return Self::tell_untaken(&untaken, method, report);
        }
        if has(own) {
            if let Some((name, _)) = lacks_shared(file, config) {
                let message = format!("there is no `{name}`, which modules share");
                let finding = report.about_tensor(Self::INFO, "", message);
                finding.help("use the weights that were saved with this config").severity = Severity::Error;
            }
            return Self::tell_torn(file, config, report);
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
    fn tell_torn(file: &TensorFile, config: &Map, report: &mut Report) {
        let mut missing = torn_off(file.iter().map(|tensor| tensor.name()), config);
        missing.retain(|name| !name.rsplit('.').next().is_some_and(is_lora_half));
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

/// What is missing on a base model, but for halves of pairs, of which another rule tells; and what PEFT makes of that. `None`
/// where nothing is missing, or the names begin in another way.
fn without<'c>(facts: &Facts<'_>, comparison: &'c Comparison<'_>) -> Option<(Vec<&'c str>, Without)> {
    let is_half = |name: &str| match Name::parse(name).owner {
        Owner::Part { module, part: Part::LoraA | Part::LoraB | Part::EmbeddingA | Part::EmbeddingB } => {
            facts.sites().get(module).is_some_and(|site| site.pairs().next().is_some())
        }
        _ => false,
    };
    let missing = comparison.missing.iter().map(|expected| expected.name.as_str()).filter(|name| !is_half(name));
    let missing: Vec<_> = missing.collect();
    if missing.is_empty() || comparison.shift.is_some() {
        return None;
    }
    let without = Without::these(&missing, comparison, facts.file().zip(facts.config())?);
    Some((missing, without))
}

/// Whether a file has tensors of the method.
fn has_own(file: &TensorFile, config: &Map) -> bool {
    let own = PeftType::of(config).and_then(own);
    own.is_some_and(|own| file.iter().any(|tensor| tensor.name().split('.').any(|part| part.starts_with(own))))
}

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
