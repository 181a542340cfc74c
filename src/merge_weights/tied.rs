//! Weights that a model has once and uses at several places, where the adapter has one of the places whole.

use std::collections::BTreeSet;

use super::{Adapter, Base, MergeError};
use crate::models::Tree;
use crate::ordered;
use crate::tensors::Tensor;

/// What the adapter's whole modules do to embedding and output layer.
#[derive(Debug)]
pub(super) enum Tied<'a> {
    /// Nothing.
    Untouched,
    /// They stay one weight.
    Together {
        /// The names that it may have.
        names: Vec<String>,
        /// The base model's tensor.
        before: Tensor<'a>,
        /// The adapter's.
        after: Tensor<'a>,
    },
    /// They are two weights. `merge_and_unload` leaves two, and the config goes on to say that they are one: saved and
    /// loaded, the model has the embedding's at both places (peft 0.21.2, transformers 4.57.6).
    Separate {
        /// The name of the output layer's weight.
        name: String,
        /// That weight: the adapter's, or what the embedding was.
        weight: Tensor<'a>,
    },
}

/// What becomes of embedding and output layer. Of `others`, which are adapted, the adapter may have no tensors of its own.
///
/// # Errors
/// If a file cannot be read any more. If other modules use the weight, too, as in encoder-decoders: transformers then loads no
/// model in which they differ, or one that computes otherwise.
pub(super) fn find<'a>(
    adapter: &'a Adapter,
    base: &'a Base,
    trees: &[Tree],
    others: &[&str],
) -> Result<Tied<'a>, MergeError> {
    // Of a module that is adapted the base weight may be there, too.
    let adapted: BTreeSet<&str> = adapter.modules().chain(others.iter().copied()).collect();
    let is_adapted = |name: &str| name.strip_suffix(".weight").is_some_and(|module| adapted.contains(module));
    let whole = ordered::map(adapter.whole().filter(|(name, _)| !is_adapted(name)));
    for tree in trees {
        let Some(input) = tree.input.filter(|_| !tree.tied.is_empty()) else { continue };
        let Some(before) = base.find(&weight(input)) else { continue };
        let own: Vec<_> = group(tree, input).filter_map(|module| whole.get(weight(module).as_str())).collect();
        let Some((first, others)) = own.split_first() else { continue };
        let mut are_same = true;
        for other in others {
            are_same &= first.is_same(**other)?;
        }
        let is_pair = tree.output.is_some() && tree.tied == tree.output.as_slice();
        let is_asked = is_pair && adapter.settings().truth("ensure_weight_tying");
        if are_same && (is_asked || own.len() == 1 + tree.tied.len()) {
            return Ok(Tied::Together { names: group(tree, input).map(weight).collect(), before, after: **first });
        }
        if !is_pair {
            let all: Vec<_> = group(tree, input).map(|module| format!("`{module}`")).collect();
            return Err(MergeError::Refused {
                reason: format!(
                    "the modules {} of {} share one weight, but the adapter saves only some of them in full: transformers \
                     loads them as one weight again",
                    all.join(", "),
                    tree.class
                ),
            });
        }
        let name = weight(tree.tied[0]);
        let weight = whole.get(name.as_str()).copied().unwrap_or(before);
        return Ok(Tied::Separate { name, weight });
    }
    Ok(Tied::Untouched)
}

/// Whether a module is the embedding whose weight the output layer has, too, as far as the model's config says.
pub(super) fn is_input(base: &Base, trees: &[Tree], module: &str) -> bool {
    let mut all = trees.iter().filter(|tree| tree.output.is_some()).peekable();
    if all.peek().is_none() {
        return base.is_tied;
    }
    all.any(|tree| tree.is_tied && tree.input == Some(module))
}

/// The adapted output layer of a model whose files have its weight as the embedding's only, and that weight. Of `others` the
/// adapter may have no tensors.
///
/// # Errors
/// If the adapter's file cannot be read any more.
pub(super) fn output<'a>(
    adapter: &Adapter,
    base: &'a Base,
    trees: &[Tree],
    others: &[&str],
) -> Result<Option<(&'static str, Tensor<'a>)>, MergeError> {
    for tree in trees {
        let Some((input, output)) = tree.input.zip(tree.output.filter(|_| tree.is_tied)) else { continue };
        let mut modules = adapter.modules().chain(others.iter().copied());
        let is_lost = modules.any(|module| module == output) && base.find(&weight(output)).is_none();
        // Rows of tokens are trained for both.
        if is_lost
            && !adapter.is_same(output, input)?
            && let Some(shared) = base.find(&weight(input))
        {
            return Ok(Some((output, shared)));
        }
    }
    Ok(None)
}

/// The modules that have one weight.
fn group<'t>(tree: &'t Tree, input: &'static str) -> impl Iterator<Item = &'static str> + 't {
    std::iter::once(input).chain(tree.tied.iter().copied())
}

fn weight(module: &str) -> String {
    format!("{module}.weight")
}
