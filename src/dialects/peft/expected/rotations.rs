//! Methods that turn or reflect a weight, block by block.

use super::case::{Case, divides, need, widths};
use super::{Rows, Stop, row};
use crate::models::tree::Module;

/// The tensors at one module.
pub(super) fn at(case: &Case<'_>, module: &Module) -> Rows {
    let (inner, out) = widths(module)?;
    Ok(match case.method {
        "BOFT" => {
            let (size, count) = (case.number("boft_block_size", 4)?, case.number("boft_block_num", 0)?);
            let size = match (size, count) {
                (0, count) if count > 0 => {
                    divides(count, inner, module, "boft_block_num", "the width of the input")?;
                    inner / count
                }
                (size, 0) if size > 0 => {
                    divides(size, inner, module, "boft_block_size", "the width of the input")?;
                    size
                }
                _ => return Err(Stop::Unknown),
            };
            // More butterfly factors need a CUDA extension; without it PEFT goes back to one.
            if case.number("boft_n_butterfly_factor", 1)? != 1 {
                return Err(Stop::Unknown);
            }
            vec![row("boft_R", [1, inner / size, size, size]), row("boft_s", [out, 1])]
        }
        "OFT" => {
            let (r, size) = (case.number("r", 0)?, case.number("oft_block_size", 32)?);
            let (r, size) = match (r, size) {
                (0, size) if size > 0 => {
                    let size = near_divisor(inner, size);
                    (inner / size, size)
                }
                (r, 0) if r > 0 => {
                    let r = near_divisor(inner, r);
                    (r, inner / r)
                }
                _ => return Err(Stop::Unknown),
            };
            let count = if case.flag("block_share", false)? { 1 } else { r };
            vec![row("oft_R.weight", [count, size * (size - 1) / 2])]
        }
        "HRA" => vec![row("hra_u", [inner, case.size("r", 8)?])],
        "ROAD" => {
            let group = case.size("group_size", 64)?;
            divides(group, out, module, "group_size", "the width of the output")?;
            let size = match case.text("variant", "road_1")? {
                "road_1" => out / 2,
                "road_2" => out,
                "road_4" => 2 * out,
                _ => return Err(Stop::Unknown),
            };
            vec![row("road_theta", [size]), row("road_alpha", [size])]
        }
        "PSOFT" => {
            let r = case.size("r", 32)?;
            need(r <= inner.min(out), module, "r", || {
                format!("`r` ({r}) is more than the narrower side of the weight ({})", inner.min(out))
            })?;
            let mut rows = vec![if case.flag("psoft_orth", true)? {
                row("psoft_R.weight", [r * (r - 1) / 2])
            } else {
                row("psoft_R.weight", [r, r])
            }];
            for (key, name) in [("psoft_mag_a", "psoft_R.vector_a"), ("psoft_mag_b", "psoft_R.vector_b")] {
                if case.flag(key, true)? {
                    rows.push(row(name, [r]));
                }
            }
            rows
        }
        "MISS" => {
            let r = case.size("r", 64)?;
            need(r <= inner, module, "r", || format!("`r` ({r}) is more than the width of the input ({inner})"))?;
            vec![match case.config.get("init_weights").and_then(crate::value::Value::as_str) {
                Some("bat") => {
                    divides(r, inner, module, "r", "the width of the input")?;
                    divides(r, out, module, "r", "the width of the output")?;
                    row("miss_block", [out / r, r, r])
                }
                Some("mini") => {
                    let narrow = case.size("mini_r", 1)?;
                    divides(narrow, out, module, "mini_r", "the width of the output")?;
                    row("miss_block", [r, narrow])
                }
                _ => row("miss_block", [r, out]),
            }]
        }
        _ => return Err(Stop::Unknown),
    })
}

/// The divisor of a size that is nearest to a value, the lower of two (`adjust_oft_parameters`).
fn near_divisor(size: u64, value: u64) -> u64 {
    if value >= size {
        return size;
    }
    if size % value == 0 {
        return value;
    }
    let higher = (value..=size).find(|divisor| size % divisor == 0).unwrap_or(size);
    let lower = (1..=value).rev().find(|divisor| size % divisor == 0).unwrap_or(1);
    if value - lower <= higher - value { lower } else { higher }
}
