//! What other programs call the matrices of LoRA.

use std::collections::BTreeMap;

use super::MendError;
use super::untaken::Untaken;
use crate::dialects::peft::PeftType::{self, Lora};
use crate::tensors::TensorFile;

/// The same matrices under other ends, and what PEFT calls them.
const SAME: [(&str, &str); 4] = [
    ("lora_down.weight", "lora_A.weight"),
    ("lora_up.weight", "lora_B.weight"),
    ("lora_A", "lora_A.weight"),
    ("lora_B", "lora_B.weight"),
];

/// What the scale of each module is in, where the matrices are called `lora_down` and `lora_up`.
const SCALE: &str = ".alpha";

/// Whose names they are that have this attribute, in words, where another program is known for it.
pub(super) fn whose(method: PeftType, attribute: &str) -> Option<&'static str> {
    match attribute {
        "lora_down" | "lora_up" if method == Lora => {
            Some("`lora_down` and `lora_up` are what kohya's scripts call A and B")
        }
        "lora_a" | "lora_b" if method == Lora => Some(
            "`lora_a` and `lora_b` are what MLX calls A and B, both of which it keeps transposed: other names alone would \
             not do",
        ),
        _ => None,
    }
}

/// The names of a file of LoRA that are those of the same matrices elsewhere, with PEFT's ends; none where not all of the
/// method's are.
///
/// # Errors
/// Why other names would not do.
pub(super) fn respelt(method: PeftType, file: &TensorFile) -> Result<BTreeMap<String, String>, MendError> {
    let untaken = Untaken::of(method, file);
    if method != Lora || untaken.taken > 0 {
        return Ok(BTreeMap::new());
    }
    let renamed = |name: &str| {
        let end = |(other, own): &(&str, &str)| {
            let path = name.strip_suffix(*other).filter(|path| path.ends_with('.'))?;
            Some((name.to_owned(), format!("{path}{own}")))
        };
        SAME.iter().find_map(end)
    };
    let all: Option<BTreeMap<String, String>> = untaken.others.keys().map(|name| renamed(name)).collect();
    let all = all.unwrap_or_default();
    match file.iter().find(|tensor| tensor.name().ends_with(SCALE)) {
        Some(scale) if !all.is_empty() => Err(MendError::Scale { name: scale.name().to_owned() }),
        _ => Ok(all),
    }
}
