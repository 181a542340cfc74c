//! Two conversions, one behind the other, as one.

use std::collections::BTreeMap;

use super::{Container, ConvertError, Options, Plan, Release, Source, adapterhub};
use crate::files::Existing;

/// Plans from `source` to a release of AdapterHub's libraries, by way of `newest`, the plan for the newest of them.
///
/// What is in between lies in a scratch folder while the plan is made, as the second conversion looks at its tensors. The
/// plan reads from the source alone, so that nothing is rounded in between.
///
/// # Errors
/// If the scratch folder cannot be written, or a tensor cannot be made.
pub(super) fn plan(newest: Plan, source: &Source, release: &Release, options: &Options) -> Result<Plan, ConvertError> {
    let [output] = &newest.outputs[..] else { return Ok(newest) };
    let scratch = tempfile::tempdir().map_err(|error| ConvertError::file("a scratch folder", error.to_string()))?;
    let folder = scratch.path().join("adapter");
    newest.write(source, &folder, Container::Safetensors, Existing::Refuse, &|_| ())?;
    let between = Source::open(&folder)?;
    let mut plan = adapterhub::plan(between.parts(), &between.weights, release, options)?;
    let made: BTreeMap<_, _> = output.tensors.iter().map(|carried| (carried.to.as_str(), carried)).collect();
    for after in plan.outputs.iter_mut() {
        let reads = std::mem::replace(&mut after.reads, output.reads);
        for carried in &mut after.tensors {
            // A tensor that has several names lies under one of them in between.
            let named = |name: &str| {
                let name = between.weights.get(reads).and_then(|weights| weights.get(name));
                name.and_then(|tensor| made.get(tensor.name())).map(|carried| &carried.recipe)
            };
            carried.recipe = carried.recipe.with(&named);
        }
    }
    plan.changes.splice(0..0, newest.changes);
    Ok(plan)
}
