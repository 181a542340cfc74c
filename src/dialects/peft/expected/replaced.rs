//! Numbers of OFT in whose place PEFT takes others.

use super::case::Case;
use super::convolutions;
use super::rotations::{near_divisor, oft_key};
use crate::dialects::peft::PeftType::Oft;
use crate::models::Tree;
use crate::models::tree::{Kind, Module};
use crate::value::Map;

/// A number of OFT's that does not divide a width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialects::peft) struct Replaced {
    pub(in crate::dialects::peft) key: &'static str,
    pub(in crate::dialects::peft) written: u64,
    pub(in crate::dialects::peft) width: u64,
    /// What PEFT takes in its place.
    pub(in crate::dialects::peft) taken: u64,
}

/// What PEFT makes of OFT's number at a module, where it cannot take it as it is.
pub(in crate::dialects::peft) fn replaced(config: &Map, tree: &Tree, module: &Module) -> Option<Replaced> {
    let case = Case::new(config, tree).filter(|case| case.method == Oft)?;
    let width = match module.kind {
        Kind::Embedding => *module.parameter("weight")?.last()?,
        _ if convolutions::is_one(module) => convolutions::filter(module).ok(),
        _ => module.widths().map(|(inner, _)| inner),
    }?;
    let (key, written) = oft_key(&case, width, module).ok()?;
    let taken = near_divisor(width, written);
    (taken != written).then_some(Replaced { key, written, width, taken })
}
