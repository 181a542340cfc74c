//! Methods that turn or reflect a weight, block by block.

use super::case::{Case, divides, need, widths};
use super::{Rows, Stop, row};
use crate::dialects::peft::PeftType::{Boft, Hra, Miss, Oft, Psoft, Road};
use crate::models::tree::{Kind, Module};
use crate::value::Value;

/// The tensors at one module.
pub(super) fn at(case: &Case<'_>, module: &Module) -> Rows {
    if case.method == Oft && module.kind == Kind::Embedding {
        let Some(&[_, Some(width)]) = module.parameter("weight") else { return Err(Stop::Unknown) };
        return Ok(vec![oft(case, "oft_embedding_R.weight", width, module)?]);
    }
    let (inner, out) = widths(module)?;
    Ok(match case.method {
        Boft => {
            let (count, size) = boft_blocks(case, inner, module, "the width of the input")?;
            vec![boft(case, count, size)?, row("boft_s", [out, 1])]
        }
        Oft => vec![oft(case, "oft_R.weight", inner, module)?],
        Hra => vec![row("hra_u", [inner, case.size("r")?])],
        Road => {
            let group = case.size("group_size")?;
            divides(group, out, module, "group_size", "the width of the output")?;
            let size = match case.text("variant")? {
                "road_1" => out / 2,
                "road_2" => out,
                "road_4" => 2 * out,
                _ => return Err(Stop::Unknown),
            };
            vec![row("road_theta", [size]), row("road_alpha", [size])]
        }
        Psoft => psoft(case, module, inner.min(out))?,
        Miss => {
            let r = case.size("r")?;
            need(r <= inner, module, "r", || format!("`r` ({r}) exceeds the width of the input ({inner})"))?;
            vec![match case.config.get("init_weights").and_then(Value::as_str) {
                Some("bat") => {
                    divides(r, inner, module, "r", "the width of the input")?;
                    divides(r, out, module, "r", "the width of the output")?;
                    row("miss_block", [out / r, r, r])
                }
                Some("mini") => {
                    let narrow = case.size("mini_r")?;
                    divides(narrow, out, module, "mini_r", "the width of the output")?;
                    row("miss_block", [r, narrow])
                }
                _ => row("miss_block", [r, out]),
            }]
        }
        _ => return Err(Stop::Unknown),
    })
}

/// PSOFT's rotation between the directions of a weight whose narrower side is so long, and what scales them.
fn psoft(case: &Case<'_>, module: &Module, narrow: u64) -> Rows {
    let r = case.size("r")?;
    need(r <= narrow, module, "r", || format!("`r` ({r}) exceeds the narrower side of the weight ({})", narrow))?;
    let mut rows = vec![if case.flag("psoft_orth") {
        row("psoft_R.weight", [r * (r - 1) / 2])
    } else {
        row("psoft_R.weight", [r, r])
    }];
    for (key, name) in [("psoft_mag_a", "psoft_R.vector_a"), ("psoft_mag_b", "psoft_R.vector_b")] {
        if case.flag(key) {
            rows.push(row(name, [r]));
        }
    }
    Ok(rows)
}

/// OFT's rotations of a width: blocks, or the one that all share, each as the half of a skew matrix.
pub(super) fn oft(case: &Case<'_>, end: &str, width: u64, module: &Module) -> Result<(String, Vec<Option<u64>>), Stop> {
    let (key, written) = oft_key(case, width, module)?;
    let taken = near_divisor(width, written);
    let (blocks, size) = if key == "r" { (taken, width / taken) } else { (width / taken, taken) };
    let count = if case.flag("block_share") { 1 } else { blocks };
    Ok(row(end, [count, size * (size - 1) / 2]))
}

/// The one of OFT's two keys that is not zero, and its number. A layer of no width cannot be cut into blocks.
pub(super) fn oft_key(case: &Case<'_>, width: u64, module: &Module) -> Result<(&'static str, u64), Stop> {
    if width == 0 {
        return Err(Stop::Unknown);
    }
    let number = |key| oft_number(case, key, width, module);
    match (number("r")?, number("oft_block_size")?) {
        (0, size) if size > 0 => Ok(("oft_block_size", size)),
        (r, 0) if r > 0 => Ok(("r", r)),
        _ => Err(Stop::Unknown),
    }
}

/// A number of OFT's. One with a fraction stays so unless it is above the width, which then goes in its place.
fn oft_number(case: &Case<'_>, key: &'static str, width: u64, module: &Module) -> Result<u64, Stop> {
    let Some(Value::Float(float)) = case.config.get(key) else { return case.number(key) };
    // A float of this size is exact.
    #[expect(clippy::cast_precision_loss)]
    let limit = width as f64;
    match *float {
        float if float.abs() < f64::MIN_POSITIVE => Ok(0),
        float if float > limit => Ok(width),
        float => {
            need(false, module, key, || format!("torch accepts no fraction such as {float} for a size")).map(|()| width)
        }
    }
}

/// BOFT's blocks of a width: how many, and how large.
pub(super) fn boft_blocks(case: &Case<'_>, width: u64, module: &Module, what: &str) -> Result<(u64, u64), Stop> {
    if width == 0 {
        return Err(Stop::Unknown);
    }
    let size = match (case.number("boft_block_size")?, case.number("boft_block_num")?) {
        (0, count) if count > 0 => {
            divides(count, width, module, "boft_block_num", what)?;
            width / count
        }
        (size, 0) if size > 0 => {
            divides(size, width, module, "boft_block_size", what)?;
            size
        }
        _ => return Err(Stop::Unknown),
    };
    Ok((width / size, size))
}

/// BOFT's rotations.
pub(super) fn boft(case: &Case<'_>, count: u64, size: u64) -> Result<(String, Vec<Option<u64>>), Stop> {
    // More butterfly factors than one need a CUDA extension; without it PEFT goes back to one.
    let factors = (case.number("boft_n_butterfly_factor")? == 1).then_some(1);
    Ok(("boft_R".to_owned(), vec![factors, Some(count), Some(size), Some(size)]))
}

/// The divisor of a size that is nearest to a value, the lower of two (`adjust_oft_parameters`).
pub(super) fn near_divisor(size: u64, value: u64) -> u64 {
    if value >= size {
        return size;
    }
    let small = (1..).take_while(|divisor| divisor * divisor <= size).filter(|divisor| size.is_multiple_of(*divisor));
    let (mut lower, mut higher) = (1, size);
    for divisor in small.flat_map(|divisor| [divisor, size / divisor]) {
        if divisor <= value {
            lower = lower.max(divisor);
        }
        if divisor >= value {
            higher = higher.min(divisor);
        }
    }
    if value - lower <= higher - value { lower } else { higher }
}
