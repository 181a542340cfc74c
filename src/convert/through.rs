//! Two conversions, one behind the other, as one.

use super::{ConvertError, Options, Plan, Source, adapterhub};
use crate::dialects::adapterhub::release::Release;
use crate::ordered;

/// Plans from `source` to a release of AdapterHub's libraries, by way of `newest`, the plan for the newest of them.
///
/// What is in between is held while the plan is made ([`Plan::held`]), as the second conversion looks at its tensors. The
/// plan reads from the source alone, so that nothing is rounded in between.
///
/// # Errors
/// If a tensor cannot be made, or what is in between cannot be held.
pub(super) fn plan(newest: Plan, source: &Source, release: Release, options: &Options) -> Result<Plan, ConvertError> {
    let [output] = &newest.outputs[..] else { return Ok(newest) };
    let between = newest.held(source)?;
    let mut plan = adapterhub::plan(between.parts(), &between.weights, release, options)?;
    let made = ordered::map(output.tensors.iter().map(|carried| (carried.to.as_str(), carried)));
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
