//! What a conversion back does not give again is told when it is made: nothing if all is there, to the byte.

use std::path::Path;

use adapter_spec::convert::{Container, Holds, Options, Plan, Reft, Source, Target};
use adapter_spec::tensors::Existing;
use libtest_mimic::Failed;

/// Converts what lies in `there` back to files, and holds what was told of it to them.
pub(crate) fn is_told(source: &Source, plan: &Plan, there: &Path, options: &Options) -> Result<(), Failed> {
    let own = match &source.holds {
        Holds::Peft(_) => Target::Peft,
        Holds::AdapterHub(parts) => Target::AdapterHub(parts[0].release),
    };
    if own == options.target {
        return Ok(());
    }
    let there = Source::open(there)?;
    let told = plan.way_back(source, &there, options)?;
    let scratch = tempfile::tempdir()?;
    let folder = scratch.path().join("back");
    let back = Options { target: own, reft: options.reft.map(|_| Reft::NoReft), ..options.clone() };
    let back = Plan::new(&there, &back)?;
    let is_all = !back.loses() && {
        back.write(&there, &folder, Container::Safetensors, Existing::Refuse, &|_| ())?;
        is_same(source, &Source::open(&folder)?)?
    };
    match told {
        Some(change) if is_all => Err(format!("it comes back, and is said not to: {}", change.what).into()),
        None if !is_all => Err("it does not come back as it was, and that is not told".into()),
        _ => Ok(()),
    }
}

/// Whether nothing is told that a conversion back would not give again.
pub(crate) fn comes_back(source: &Source, options: &Options) -> Result<bool, Failed> {
    let plan = Plan::new(source, options)?;
    Ok(plan.way_back(source, &plan.held(source)?, options)?.is_none())
}

/// Whether two sources have the same configs and the same tensors, to the byte.
fn is_same(source: &Source, back: &Source) -> Result<bool, Failed> {
    let [(before, here), (after, there)] = [(files(source)?, source), (files(back)?, back)];
    let mut is_same = before == after && here.weights.len() == there.weights.len();
    for (here, there) in here.weights.iter().zip(&there.weights) {
        is_same &= here.len() == there.len();
        for tensor in here.iter() {
            is_same &= match there.get(tensor.name()) {
                Some(other) => tensor.is_same(other)?,
                None => false,
            };
        }
    }
    // PEFT's own files come back as files, with what stands in them beside the tensors.
    let bytes = |source: &Source| std::fs::read(source.path.join("adapter_model.safetensors"));
    if let (Holds::Peft(_), Ok(before)) = (&source.holds, bytes(source)) {
        is_same &= before == bytes(back)?;
    }
    Ok(is_same)
}

/// The texts of the configs.
fn files(source: &Source) -> Result<Vec<String>, Failed> {
    let names: Vec<_> = match &source.holds {
        Holds::Peft(_) => vec!["adapter_config.json"],
        Holds::AdapterHub(parts) => parts.iter().map(|part| part.role.config_name()).collect(),
    };
    let text = |name| std::fs::read_to_string(source.path.join(name));
    Ok(names.into_iter().map(text).collect::<Result<_, _>>()?)
}
