//! Tensors of other shapes than PEFT makes them, which it refuses to load.

use super::{Adapter, MergeError};
use crate::dialects::peft::expected::{Adapted, expect, fits, shown};
use crate::models::Tree;

/// # Errors
/// If on every class that the base model may be of some tensor has another shape than the config gives it.
pub(super) fn check(adapter: &Adapter, trees: &[Tree]) -> Result<(), MergeError> {
    let mut reason = None;
    for tree in trees {
        let Some(Ok(Adapted { tensors: Some(tensors), .. })) = expect(adapter.settings().written(), tree) else {
            return Ok(());
        };
        let misfit = tensors.iter().find_map(|expected| {
            let tensor = adapter.tensor(&expected.name).filter(|tensor| !fits(tensor.shape(), &expected.shape))?;
            Some((tensor, shown(&expected.shape)))
        });
        let Some((tensor, wanted)) = misfit else { return Ok(()) };
        let told = || {
            let (name, shape) = (tensor.name(), tensor.shape());
            format!(
                "`{name}` has the shape {shape:?}, but by the config PEFT makes it {wanted}, and raises a `RuntimeError`"
            )
        };
        reason = reason.or_else(|| Some(told()));
    }
    reason.map_or(Ok(()), |reason| Err(MergeError::refused(reason)))
}
