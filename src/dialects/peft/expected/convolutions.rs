//! Methods on convolutions, whose weights are `[out, in / groups, kernel …]`.

use super::case::{Case, need};
use super::low_rank::{adalora, bare, factors};
use super::rotations::{boft, boft_blocks, oft};
use super::variants::is_plain;
use super::{Rows, Stop, row};
use crate::dialects::peft::PeftType::{Adalora, Boft, Hira, Hra, Loha, Lokr, Lora, Oft};
use crate::models::tree::{Kind, Module};

/// A convolution's sizes.
struct Sizes {
    out: u64,
    /// The channels of a group.
    inner: u64,
    kernel: Vec<u64>,
}

impl Sizes {
    fn of(module: &Module) -> Result<Self, Stop> {
        let shape = module.parameter("weight").ok_or(Stop::Unknown)?;
        let sizes: Vec<u64> = shape.iter().copied().collect::<Option<_>>().ok_or(Stop::Unknown)?;
        match sizes.as_slice() {
            [out, inner, kernel @ ..]
                if !kernel.is_empty() && sizes.iter().all(|size| (1..=1 << 16).contains(size)) =>
            {
                Ok(Self { out: *out, inner: *inner, kernel: kernel.to_vec() })
            }
            _ => Err(Stop::Unknown),
        }
    }

    /// How many numbers the kernel has for a channel.
    fn area(&self) -> Result<u64, Stop> {
        self.kernel.iter().try_fold(1_u64, |area, size| area.checked_mul(*size)).ok_or(Stop::Unknown)
    }

    /// `[first, second, kernel …]`.
    fn wide(&self, end: &str, first: u64, second: u64) -> (String, Vec<Option<u64>>) {
        let sizes = [first, second].into_iter().chain(self.kernel.iter().copied());
        (end.to_owned(), sizes.map(Some).collect())
    }

    /// `[first, second, 1 …]`.
    fn narrow(&self, end: &str, first: u64, second: u64) -> (String, Vec<Option<u64>>) {
        let ones = self.kernel.iter().map(|_| 1);
        (end.to_owned(), [first, second].into_iter().chain(ones).map(Some).collect())
    }

    /// The kernel behind two ranks, as the Tucker form has it.
    fn core(&self, end: &str, r: u64) -> (String, Vec<Option<u64>>) {
        match self.kernel.as_slice() {
            [one] => row(end, [r, r, *one, 1]),
            _ => self.wide(end, r, r),
        }
    }
}

/// Whether a module is a convolution.
pub(super) fn is_one(module: &Module) -> bool {
    matches!(module.kind, Kind::TorchConv1d | Kind::Conv2d | Kind::Conv3d)
}

/// The tensors at one module.
pub(super) fn at(case: &Case<'_>, module: &Module) -> Rows {
    let sizes = Sizes::of(module)?;
    let (out, inner) = (sizes.out, sizes.inner);
    if matches!(case.method, Hira | Hra | Boft) {
        let groups = groups(module)?;
        need(groups == 1, module, "target_modules", || {
            format!("the convolution is split into {groups} groups, which {} does not support", case.method)
        })?;
    }
    Ok(match case.method {
        Lora => lora(case, module, &sizes)?,
        Hira => {
            let r = case.size("r")?;
            vec![sizes.wide("hira_A", r, inner), sizes.narrow("hira_B", out, r)]
        }
        Loha => {
            let r = case.by_module("rank_pattern", module, case.size("r")?)?;
            let area = sizes.area()?;
            let is_tucker = case.flag("use_effective_conv2d") && area > 1;
            let half = |number: u8| {
                let end = |what: &str| format!("hada_{what}").replace('#', &number.to_string());
                if is_tucker {
                    vec![sizes.core(&end("t#"), r), row(&end("w#_a"), [r, out]), row(&end("w#_b"), [r, inner])]
                } else {
                    vec![row(&end("w#_a"), [out, r]), row(&end("w#_b"), [r, inner * area])]
                }
            };
            [half(1), half(2)].concat()
        }
        Lokr => lokr(case, module, &sizes)?,
        Adalora => {
            let inner = channels(module, &sizes)?.checked_mul(sizes.area()?).ok_or(Stop::Unknown)?;
            adalora(case, module, (inner, out))?
        }
        Oft => vec![oft(case, "oft_R.weight", filter(module)?, module)?],
        Boft => {
            let (count, size) = boft_blocks(case, filter(module)?, module, "the convolution's filter")?;
            vec![boft(case, count, size)?, row("boft_s", [1, out])]
        }
        Hra => vec![row("hra_u", [filter(module)?, case.size("r")?])],
        _ => return Err(Stop::Unknown),
    })
}

/// How wide a filter is, by one side of its kernel squared.
pub(super) fn filter(module: &Module) -> Result<u64, Stop> {
    let sizes = Sizes::of(module)?;
    let side = *sizes.kernel.first().ok_or(Stop::Unknown)?;
    channels(module, &sizes)?.checked_mul(side * side).ok_or(Stop::Unknown)
}

fn groups(module: &Module) -> Result<u64, Stop> {
    module.groups.filter(|groups| (1..=1 << 16).contains(groups)).ok_or(Stop::Unknown)
}

/// How many channels go in, into all groups.
fn channels(module: &Module, sizes: &Sizes) -> Result<u64, Stop> {
    Ok(sizes.inner * groups(module)?)
}

fn lora(case: &Case<'_>, module: &Module, sizes: &Sizes) -> Rows {
    bare(case, module)?;
    if !is_plain(case) {
        return Err(Stop::Unknown);
    }
    let r = case.by_module("rank_pattern", module, case.size("r")?)?;
    let groups = groups(module)?;
    need(r.is_multiple_of(groups), module, "r", || {
        format!("the rank ({r}) is not a multiple of the convolution's {groups} groups")
    })?;
    let mut rows = vec![
        sizes.wide("lora_A.weight", r, channels(module, sizes)?),
        sizes.narrow("lora_B.weight", sizes.out, r / groups),
    ];
    if case.flag("lora_bias") {
        rows.push(row("lora_B.bias", [sizes.out]));
    }
    if case.flag("use_dora") {
        rows.push(sizes.narrow("lora_magnitude_vector", 1, sizes.out));
    }
    Ok(rows)
}

/// As for a linear layer, the kernel in the second factor.
fn lokr(case: &Case<'_>, module: &Module, sizes: &Sizes) -> Rows {
    let r = case.by_module("rank_pattern", module, case.size("r")?)?;
    let factor = match case.config.get("decompose_factor") {
        None => -1,
        Some(value) => value.as_i64().ok_or(Stop::Unknown)?,
    };
    let (in_first, in_second) = factors(sizes.inner, factor)?;
    let (out_first, out_second) = factors(sizes.out, factor)?;
    let area = sizes.area()?;
    let mut rows = if case.flag("decompose_both") && 2 * r < out_first.max(in_first) {
        vec![row("lokr_w1_a", [out_first, r]), row("lokr_w1_b", [r, in_first])]
    } else {
        vec![row("lokr_w1", [out_first, in_first])]
    };
    if 2 * r >= out_second.max(in_second) {
        rows.push(sizes.wide("lokr_w2", out_second, in_second));
    } else if case.flag("use_effective_conv2d") && area > 1 {
        rows.push(sizes.core("lokr_t2", r));
        rows.extend([row("lokr_w2_a", [r, out_second]), row("lokr_w2_b", [r, in_second])]);
    } else {
        rows.extend([row("lokr_w2_a", [out_second, r]), row("lokr_w2_b", [r, in_second * area])]);
    }
    Ok(rows)
}
