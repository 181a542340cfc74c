//! Layers whose inputs have no dimension of tokens, which not every method can multiply.

use super::case::Case;
use super::{Refusal, select};
use crate::models::tree::Module;

/// That Poly, which multiplies batches of matrices, adapts no such layer.
pub(super) fn check(case: &Case<'_>) -> Result<(), Refusal> {
    if case.method != "POLY" {
        return Ok(());
    }
    let Ok(modules) = select::modules(case, false) else { return Ok(()) };
    match modules.into_iter().find(|module| is_flat(module)) {
        Some(module) => {
            let need =
                format!("`{}` is given inputs of two dimensions, but Poly multiplies those of three", module.name);
            Err(Refusal::Unfit { key: "target_modules", need })
        }
        None => Ok(()),
    }
}

/// Whether it is a layer of a pooler, which is given the state of one token, or of an expert, which is given a list of tokens.
fn is_flat(module: &Module) -> bool {
    let parts: Vec<_> = module.name.split('.').collect();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_of_expert = parts.windows(2).any(|pair| pair[0] == "experts" && is_number(pair[1]));
    is_of_expert || parts.iter().rev().take(2).any(|part| *part == "pooler")
}
