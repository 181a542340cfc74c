//! What a conversion back does not give again. It is found by converting back, and not by what is known of conversions, so
//! that nothing is left untold.
//!
//! What the target has no key for goes along in its files, where its library does not look (`former`, `peft::origin`). What
//! is left are numbers and what nobody told: of the recorded conversions to another release or library that lose nothing,
//! 570 of 624 give every byte again, and the other 54 do not
//!
//! - where tensors are multiplied and rounded, as two numbers may become one then (of those between 1 and 2, two in five times
//!   2.5), and no config holds a tensor's numbers: by `alpha / r`, by other settings of some modules of PEFT's, or by DoRA's
//!   factor (40); by a bottleneck's factor, which goes into the projection (4); and where DiReFT's projections are added to
//!   its sources (2);
//! - where a head's layers are numbered as in a base model without dropout, and the one that is named has some (5);
//! - where a prefix was ejected and its config does not say so: the library does not load such a file, and none is written (3).

use std::collections::{BTreeMap, BTreeSet};

use super::write::metadata;
use super::{Change, ConvertError, Holds, Options, OutputKind, Plan, Reft, Source, Target, Weights};
use crate::document::write::{to_json, to_line};
use crate::files::AnyError;
use crate::ordered;
use crate::value::{Map, Value};

/// So many differences are told of configs; of the others their number.
const TOLD: usize = 8;
/// Longer values are not told.
const LONGEST: usize = 60;

impl Plan {
    /// What is not as it was when the result, `there`, is converted back for what saved the source; nothing if it is all
    /// there, to the byte. Nothing is told of what is lost already, of tensors in another type, nor of what PEFT's names are
    /// repaired from.
    ///
    /// # Errors
    /// If a tensor cannot be read.
    pub fn way_back(&self, source: &Source, there: &Source, options: &Options) -> Result<Option<Change>, ConvertError> {
        // What is lost on the way there has been told.
        let Some(target) = own(source, options).filter(|_| !self.loses()) else { return Ok(None) };
        let back = Options {
            target,
            name: options.name.as_ref().and_then(|_| name(source)),
            dtype: None,
            model: options.model.clone(),
            // What was DiReFT is a NoReFT now.
            reft: options.reft.map(|_| Reft::NoReft),
        };
        let told = |what: String| {
            let what = format!("converted back to {}, the file would differ: {what}", back.target);
            Ok(Some(Change::note(what)))
        };
        let plan = match Plan::new(there, &back) {
            Ok(plan) => plan,
            Err(error) => return told(error.to_string()),
        };
        if let Some(loss) = plan.changes.iter().find(|change| change.loses()) {
            return told(loss.what.clone());
        }
        let mut found = Vec::new();
        for (kind, file, reads) in parts(source) {
            let Some(output) = plan.outputs.iter().find(|output| output.kind == kind) else {
                found.push(format!("{} is missing", kind.config_name()));
                continue;
            };
            found.extend(shortened(differences(file, &output.config)));
            let (here, there) = (&source.weights[reads], &there.weights[output.reads]);
            if matches!(source.holds, Holds::Peft(_)) {
                found.extend(beside(here, &metadata(output)));
            }
            if options.dtype.is_none() {
                let tensors = Tensors::compare(self, (kind, here), (&plan, there));
                found.extend(tensors.map_err(|cause| ConvertError::file(source.path.display(), cause))?.told());
            }
        }
        if found.is_empty() { Ok(None) } else { told(found.join("; ")) }
    }
}

/// What saved the source, if that is another than it is written for.
fn own(source: &Source, options: &Options) -> Option<Target> {
    let own = match &source.holds {
        Holds::Peft(_) => Target::Peft,
        Holds::AdapterHub(parts) => Target::AdapterHub(parts.first()?.release),
    };
    (own != options.target).then_some(own)
}

fn name(source: &Source) -> Option<String> {
    source.parts().first().map(|part| part.name.clone())
}

/// The configs of a source, each with what it is and the number of its tensors.
fn parts(source: &Source) -> Vec<(OutputKind, &Map, usize)> {
    match &source.holds {
        Holds::Peft(part) => vec![(OutputKind::Peft, &part.file, 0)],
        Holds::AdapterHub(parts) => {
            parts.iter().map(|part| (OutputKind::AdapterHub(part.role), &part.file, part.weights)).collect()
        }
    }
}

/// What differs beside the tensors, in a file of safetensors as PEFT has it. Files of torch have nothing there.
fn beside(here: &Weights, after: &BTreeMap<String, String>) -> Option<String> {
    let Weights::File(file) = here else { return None };
    let before = file.metadata();
    let key = before.keys().chain(after.keys()).find(|key| before.get(*key) != after.get(*key))?;
    (!before.is_empty()).then(|| format!("`{key}` in the metadata of the weights"))
}

/// What differs between two configs.
fn differences(before: &Map, after: &Map) -> Vec<String> {
    let mut found = Vec::new();
    compare_maps("", before, after, &mut found);
    let text = |map: &Map| to_json(&Value::Map(map.clone()));
    if found.is_empty() && text(before) != text(after) {
        found.push("the keys of the config are in another order".to_owned());
    }
    found
}

fn compare_maps(within: &str, before: &Map, after: &Map, found: &mut Vec<String>) {
    for (key, value) in before.iter() {
        match after.get(key) {
            Some(after) => compare(&format!("{within}{key}"), value, after, found),
            None => found.push(format!("`{within}{key}` is missing")),
        }
    }
    let added = after.iter().filter(|(key, _)| !before.contains_key(key));
    found.extend(added.map(|(key, value)| format!("`{within}{key}` is added, {}", shown(value))));
}

fn compare(path: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    match (before, after) {
        (Value::Map(before), Value::Map(after)) => {
            // The config in the file needs no name of its own.
            let within = if path == "config" { String::new() } else { format!("{path}/") };
            compare_maps(&within, before, after, found);
        }
        (Value::List(one), Value::List(other)) if one.len() == other.len() && one.iter().all(is_map) => {
            for (number, (one, other)) in one.iter().zip(other).enumerate() {
                compare(&format!("{path}/{number}"), one, other, found);
            }
        }
        _ if before == after => {}
        _ => found.push(format!("`{path}` {} becomes {}", shown(before), shown(after))),
    }
}

fn is_map(value: &Value) -> bool {
    matches!(value, Value::Map(_))
}

/// A value in few letters.
fn shown(value: &Value) -> String {
    let text = to_line(value);
    if text.len() <= LONGEST { text } else { "…".to_owned() }
}

fn shortened(mut found: Vec<String>) -> Vec<String> {
    if found.len() > TOLD {
        let more = found.len() - (TOLD - 1);
        found.truncate(TOLD - 1);
        found.push(format!("{more} more keys"));
    }
    found
}

/// What became of the tensors of a part.
#[derive(Default)]
struct Tensors<'a> {
    changed: Vec<&'a str>,
    gone: Vec<&'a str>,
    added: Vec<&'a str>,
}

impl<'a> Tensors<'a> {
    fn compare(
        forth: &'a Plan,
        (kind, here): (OutputKind, &'a Weights),
        (back, there): (&'a Plan, &Weights),
    ) -> Result<Self, AnyError> {
        let mut tensors = Self::default();
        let of = |plan: &'a Plan| plan.outputs.iter().find(|output| output.kind == kind);
        let came = of(back).map(|output| output.tensors.as_slice()).unwrap_or_default();
        let went = of(forth).map(|output| output.tensors.as_slice()).unwrap_or_default();
        let copies = went.iter().filter_map(|carried| Some((carried.to.as_str(), carried.copy_of(here)?)));
        let copies = ordered::map(copies);
        for carried in came {
            let Some(before) = here.get(&carried.to) else {
                tensors.added.push(&carried.to);
                continue;
            };
            let copied = carried.copy_of(there);
            // What was copied there and is copied back needs no look.
            let is_same = copied.and_then(|name| copies.get(name)) == Some(&carried.to.as_str())
                || carried.is_same(there, before)?;
            if !is_same {
                tensors.changed.push(before.name());
            }
        }
        let came: BTreeSet<_> = came.iter().map(|carried| carried.to.as_str()).collect();
        tensors.gone = here.iter().map(|tensor| tensor.name()).filter(|name| !came.contains(name)).collect();
        Ok(tensors)
    }

    fn told(&self) -> Vec<String> {
        let told = |names: &[&str], what: &str| {
            let tensors = if names.len() == 1 { "tensor" } else { "tensors" };
            names.first().map(|first| format!("{} {tensors} {what}, for example `{first}`", names.len()))
        };
        if self.gone.len() == self.added.len() && self.changed.is_empty() {
            return told(&self.gone, "under other names").into_iter().collect();
        }
        let kinds = [(&self.changed, "with other values"), (&self.gone, "missing"), (&self.added, "added")];
        kinds.into_iter().filter_map(|(names, what)| told(names, what)).collect()
    }
}
