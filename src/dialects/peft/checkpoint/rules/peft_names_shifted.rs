use std::collections::BTreeMap;

use crate::dialects::peft::PeftType::{AdaptionPrompt, Xlora};
use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::{example, is_stray};
use crate::dialects::peft::checkpoint::untaken::Untaken;
use crate::dialects::peft::names::{BASE, WRAPPERS};
use crate::dialects::peft::names::{Name, Owner};
use crate::dialects::peft::repair::repair;
use crate::findings::{Report, rule};

rule! {
    /// Tensors whose names lack `base_model.model.`, repeat it, or still contain a wrapper's name.
    ///
    /// ## Why is this bad
    /// PEFT looks for `base_model.model.` followed by the name of the module in the base model. It drops whatever has
    /// another name, warns of missing keys at most, and serves the base model. Wrappers that leave their names behind
    /// are `torch.compile` (`_orig_mod.`), FSDP (`_fsdp_wrapped_module.`), activation checkpointing
    /// (`_checkpoint_wrapped_module.`) and data parallelism (`module.`); what holds the adapted model has its path before
    /// it, such as `pretrained_model.`; and a model that was loaded as part of another one has that one's path, such as
    /// `model.language_model.`.
    ///
    /// ## Example
    /// ```text
    /// model.layers.0.self_attn.q_proj.lora_A.weight
    /// ```
    ///
    /// ## Fix safety
    /// The weights file is rewritten with the names under which PEFT saves these tensors; their bytes and the metadata
    /// stay. This is safe: PEFT finds none of them as they are, and where a name is ambiguous nothing is renamed.
    /// Differences that come from the path of another model, such as `model.language_model.`, are left alone: the names
    /// may be right for that other model.
    PeftNamesShifted, Error
}

impl PeftNamesShifted {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        let (Some(file), Some(method)) = (facts.file(), facts.method()) else { return };
        if let Some(comparison) = facts.comparison() {
            if let Some((from, to)) = &comparison.shift {
                let all = comparison.unexpected.iter().map(|tensor| tensor.name());
                let all: Vec<_> = all.filter(|name| name.starts_with(from.as_str())).collect();
                let more = all.first().map_or("", |name| told_apart(from, to, name));
                let (what, help) = told(&format!("{from}{more}"), &format!("{to}{more}"));
                Self::add(&all, &what, help, report);
            }
            let all = comparison.misnamed.iter().map(|tensor| tensor.name());
            let of = |name| match facts.is_prompt() {
                true => Shift::Held,
                false => shift(name).unwrap_or(Shift::Missing),
            };
            Self::tell(all.map(|name| (of(name), name)), report);
            return;
        }
        // Their tensors belong to no module.
        if facts.is_prompt() || matches!(method, Xlora | AdaptionPrompt) {
            return;
        }
        let repaired = repair(Some(method), file.iter().map(|tensor| tensor.name())).unwrap_or_default();
        // What is none of PEFT's is told by another rule.
        let untaken = Untaken::in_folder(facts).unwrap_or_default();
        let is_stray =
            |name: &str| untaken.is_stray(name) || repaired.get(name).is_some_and(|repaired| is_stray(name, repaired));
        let all = file.iter().map(|tensor| tensor.name()).filter(|name| !is_stray(name));
        Self::tell(all.filter_map(|name| Some((shift(name)?, name))), report);
    }

    fn tell<'n>(shifted: impl Iterator<Item = (Shift, &'n str)>, report: &mut Report) {
        let mut found: BTreeMap<Shift, Vec<&str>> = BTreeMap::new();
        for (shift, name) in shifted {
            found.entry(shift).or_default().push(name);
        }
        for (shift, all) in found {
            Self::add(&all, &shift.what(), shift.help(), report);
        }
    }

    /// The reason comes first: the names are long, and alike.
    fn add(all: &[&str], what: &str, help: String, report: &mut Report) {
        let Some(first) = all.first() else { return };
        let message = format!("{what}; PEFT drops {}", example(all));
        report.about_tensor(Self::INFO, first, message).help(help);
    }
}

/// How much of what follows has to be shown of two beginnings, one of which begins with the other: all names would begin with
/// both. It is the path up to the number of a layer.
fn told_apart<'n>(from: &str, to: &str, name: &'n str) -> &'n str {
    let rest = name.strip_prefix(from).unwrap_or_default();
    if from.is_empty() || to.is_empty() || !(from.starts_with(to) || to.starts_with(from)) {
        return "";
    }
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mut ends = rest.match_indices('.').map(|(at, _)| at + 1);
    let number = ends.clone().zip(rest.split('.').skip(1)).find(|(_, part)| is_number(part));
    let end = number.map(|(end, _)| end).or_else(|| ends.next());
    end.map_or("", |end| &rest[..end])
}

/// What names begin with, and what PEFT looks for, in words; and what is to be done. One of the two may be empty.
fn told(from: &str, to: &str) -> (String, String) {
    match (from, to) {
        ("", _) => (
            format!("the names do not begin with `{to}`, which PEFT looks for"),
            format!("put `{to}` before the names"),
        ),
        (_, "") => (
            format!("the names begin with `{from}`, before what PEFT looks for"),
            format!("remove this `{from}` from the names"),
        ),
        _ => (
            format!("the names begin with `{from}`, but PEFT looks for `{to}`"),
            format!("replace `{from}` with `{to}` in the names"),
        ),
    }
}

/// How names begin otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shift {
    /// Without `base_model.model.`, or with a part of it only.
    Missing,
    /// With `base_model.model.` more than once: so many times.
    Repeated(usize),
    /// With a wrapper's name.
    Wrapped(&'static str),
    /// Behind the path of something else.
    Held,
}

impl Shift {
    fn what(self) -> String {
        match self {
            Self::Missing => "the names do not begin with `base_model.model.`".to_owned(),
            Self::Repeated(2) => "`base_model.model.` is there twice".to_owned(),
            Self::Repeated(times) => format!("`base_model.model.` is there {times} times"),
            Self::Wrapped(wrapper) => format!("`{wrapper}` is left in the names"),
            Self::Held => "another path stands before the names that PEFT looks for".to_owned(),
        }
    }

    fn help(self) -> String {
        match self {
            Self::Missing => "put `base_model.model.` before the names of the modules".to_owned(),
            Self::Repeated(_) => {
                "keep one of them; the adapter was added to a model that was already a `PeftModel`".to_owned()
            }
            Self::Wrapped(wrapper) => format!("remove `{wrapper}`, or unwrap the model before saving"),
            Self::Held => "remove that path, or save the adapted model itself and not what holds it".to_owned(),
        }
    }
}

/// How a name begins otherwise, as far as it shows without the model.
fn shift(name: &str) -> Option<Shift> {
    if let Some(wrapper) = WRAPPERS.into_iter().find(|wrapper| name.split('.').any(|part| part == *wrapper)) {
        return Some(Shift::Wrapped(wrapper));
    }
    if name.starts_with("module.base_model.") {
        return Some(Shift::Wrapped("module"));
    }
    let is_held = !name.starts_with("base_model.") && name.contains(".base_model.model.");
    if is_held || name.starts_with("base_model.base_model.") {
        return Some(Shift::Held);
    }
    let mut rest = name;
    let mut times = 0;
    while let Some(inner) = rest.strip_prefix(BASE) {
        (rest, times) = (inner, times + 1);
    }
    if times > 1 {
        return Some(Shift::Repeated(times));
    }
    let parsed = Name::parse(name);
    // What all modules share stands behind `base_model.` alone, and is no part of a module.
    let is_part = matches!(parsed.owner, Owner::Part { .. } | Owner::BaseLayer { .. });
    (!parsed.wrapped && (is_part || !name.starts_with("base_model."))).then_some(Shift::Missing)
}
