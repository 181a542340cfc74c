use super::{Given, Settings, Site, UpdateError};
use crate::dialects::peft::expected::expect;
use crate::methods::{MethodError, Scalar};
use crate::models::Tree;
use crate::models::tree::{Kind, Module};

/// What layers share, though it is saved with one of them.
const SHARED: [&str; 2] = ["randlora_A", "randlora_B"];

/// Holds a config and the tensors saved with it to one layer, as PEFT does when it builds the adapter there and loads the
/// tensors into it. `shape` is that of the layer's weight as the layer holds it. What layers share is not looked at: its
/// sizes follow from all of them. Nor is what is missing, which PEFT leaves at its initial value.
///
/// # Errors
/// If PEFT refuses to adapt such a layer, or a tensor is of another shape than the config gives it.
pub fn fits<T: Scalar>(
    config: Settings<'_>,
    site: &Site<'_, T>,
    kind: Kind,
    shape: &[usize],
) -> Result<(), UpdateError> {
    let sizes = |shape: &[usize]| shape.iter().map(|size| u64::try_from(*size).ok()).collect::<Vec<_>>();
    let mut parameters = vec![("weight", sizes(shape))];
    if matches!(site.layer, Given::Whole(map) if map.bias.is_some()) {
        parameters.push(("bias", sizes(&[site.shape().0])));
    }
    // One channel of many filters may be a group of its own.
    let groups = if matches!(shape, [out, 1, _, ..] if *out > 1) { None } else { Some(1) };
    let tree = Tree::of_modules(vec![Module { name: site.module.to_owned(), kind, parameters, groups }]);
    let Some(adapted) = expect(config.written(), &tree) else { return Ok(()) };
    let adapted = adapted.map_err(UpdateError::Refused)?;
    let own = format!("base_model.model.{}.", site.module);
    for expected in adapted.tensors.into_iter().flatten() {
        let Some(role) = expected.name.strip_prefix(&own).filter(|role| !SHARED.contains(role)) else { continue };
        let Some(found) = site.tensors.get(role).map(|array| array.shape().to_vec()) else { continue };
        let agrees = |(expected, found): (&Option<u64>, &Option<u64>)| expected.is_none() || expected == found;
        let is_as_expected =
            expected.shape.len() == found.len() && expected.shape.iter().zip(&sizes(&found)).all(agrees);
        if !is_as_expected {
            let size = |(size, found): (&Option<u64>, Option<&usize>)| {
                size.and_then(|size| usize::try_from(size).ok()).or(found.copied()).unwrap_or_default()
            };
            let along = found.iter().map(Some).chain(std::iter::repeat(None));
            let expected = expected.shape.iter().zip(along).map(size).collect();
            return Err(MethodError::Shape { role: role.to_owned(), expected, found }.into());
        }
    }
    Ok(())
}
