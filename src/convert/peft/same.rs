//! From PEFT to PEFT: another kind of file, another type of numbers, and the names that it loads.

use std::collections::{BTreeMap, BTreeSet};

use super::Part;
use crate::convert::{Carried, Change, Container, ConvertError, Options, Output, OutputKind, Plan, Weights};
use crate::dialects::peft::PeftType;
use crate::dialects::peft::repair::{Flaw, repair};

/// Plans it: every tensor bit by bit, and the config as it is.
///
/// # Errors
/// If which names are meant cannot be told.
pub(in crate::convert) fn plan(part: &Part, weights: &Weights, options: &Options) -> Result<Plan, ConvertError> {
    let names: Vec<_> = weights.iter().map(|tensor| tensor.name()).collect();
    let names = repair(PeftType::of(&part.file), names.iter().copied())
        .map_err(|error| ConvertError::file(&part.path, error))?;
    let mut changes = Vec::new();
    if options.name.is_some() {
        changes.push(Change::note("PEFT's files do not contain the adapter's name: it is given on loading"));
    }
    let mut flaws: BTreeMap<Flaw, BTreeSet<&str>> = BTreeMap::new();
    for (name, repaired) in &names {
        for flaw in &repaired.flaws {
            flaws.entry(*flaw).or_default().insert(name);
        }
    }
    for (flaw, names) in flaws {
        let more = match names.len() - 1 {
            0 => String::new(),
            more => format!(" (as do {more} more)"),
        };
        let first = names.first().copied().unwrap_or_default();
        let what = format!("`{first}` {flaw}{more}");
        match flaw {
            Flaw::Original => changes.push(Change { leaves_out: Some(first.to_owned()), ..Change::note(what) }),
            _ => changes.push(Change::note(what)),
        }
    }
    let mut tensors: Vec<_> = weights
        .iter()
        .filter_map(|tensor| {
            let name = names.get(tensor.name())?.name.clone()?;
            // PEFT itself writes tensors that share memory as many times as they have names.
            Some(Carried { tie: None, ..Carried::same(tensor, name) })
        })
        .collect();
    Carried::sort(&mut tensors);
    let mut metadata = match weights {
        Weights::File(file) => file.metadata().clone(),
        Weights::Sharded(_) => BTreeMap::new(),
    };
    // What PEFT writes, and transformers does not do without.
    metadata.entry("format".to_owned()).or_insert_with(|| "pt".to_owned());
    let output = Output {
        kind: OutputKind::Peft,
        config: part.file.clone(),
        metadata,
        reads: 0,
        tensors,
        idle: BTreeSet::new(),
        containers: Container::BOTH,
    };
    Ok(Plan { outputs: vec![output], changes })
}
