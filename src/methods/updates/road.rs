use ndarray::{Array1, Array2, Axis};

use super::Update;
use super::matrix::minus;
use crate::methods::linear::Linear;
use crate::methods::{MethodError, Scalar};

/// How many angles and lengths RoAd has for two outputs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variant {
    /// One of each (`road_1`).
    One,
    /// Two (`road_2`).
    Two,
    /// Four (`road_4`).
    Four,
}

/// RoAd (Liao and Monz 2024, arXiv:2409.00119, equations 2 and 3): pairs of outputs are turned and scaled, the bias too
/// (`tuners/road/layer.py`). In each group of `g` outputs the pair of output `i` is `i ± g/2`:
///
/// ```text
/// y' = c ⊙ y + s ⊙ turned(y)        turned(y₁, y₂) = (-y₂, y₁)        c = α ⊙ cos θ, s = α ⊙ sin θ
/// ```
///
/// with `y₁` the first half of a group and `y₂` the second. Which `θ` and `α` belong to place `w` of group `q`, the output
/// `q·g + w`:
///
/// | `variant` | of `c` | of `s` |
/// |---|---|---|
/// | `road_1` | `q·g/2 + w mod (g/2)`: one for each pair | the same |
/// | `road_2` | `q·g + w` | the same |
/// | `road_4` | `q·2g + w` | `q·2g + g + w`: they are `[out / g, 2, g]` |
///
/// | tensor | shape | |
/// |---|---|---|
/// | `road_theta`, `road_alpha` | `[out / 2]`, `[out]` or `[2 · out]` for `road_1`, `road_2`, `road_4` | `θ`, `α` |
#[derive(Debug, Clone, PartialEq)]
pub struct Road<T> {
    group: usize,
    first: Array1<T>,
    second: Array1<T>,
}

impl<T: Scalar> Road<T> {
    /// The rotation of these angles and lengths.
    ///
    /// # Errors
    /// If they do not divide into groups.
    pub fn new(variant: Variant, group: usize, theta: &Array1<T>, alpha: &Array1<T>) -> Result<Self, MethodError> {
        let per_group = match variant {
            Variant::One => group / 2,
            Variant::Two => group,
            Variant::Four => group.saturating_mul(2),
        };
        if group < 2 || !group.is_multiple_of(2) || theta.len() != alpha.len() || !theta.len().is_multiple_of(per_group)
        {
            return Err(MethodError::input(format!(
                "{} angles and {} lengths in groups of {group}",
                theta.len(),
                alpha.len()
            )));
        }
        let outputs = theta.len() / per_group * group;
        let place = |output: usize, second: bool| {
            let (at, within) = (output / group, output % group);
            match variant {
                Variant::One => at * per_group + within % per_group,
                Variant::Two => output,
                Variant::Four => at * per_group + within + if second { group } else { 0 },
            }
        };
        let part = |second: bool, function: fn(T) -> T| {
            Array1::from_shape_fn(outputs, |output| {
                let at = place(output, second);
                alpha[at] * function(theta[at])
            })
        };
        Ok(Self { group, first: part(false, T::cos), second: part(true, T::sin) })
    }

    /// Turns the columns, or a single one.
    fn turn(&self, y: &Array2<T>) -> Result<Array2<T>, MethodError> {
        if y.nrows() != self.first.len() {
            return Err(MethodError::input(format!("{} outputs turned as {}", y.nrows(), self.first.len())));
        }
        let half = self.group / 2;
        Ok(Array2::from_shape_fn(y.dim(), |(row, column)| {
            let turned = if row % self.group < half { -y[(row + half, column)] } else { y[(row - half, column)] };
            y[(row, column)] * self.first[row] + turned * self.second[row]
        }))
    }
}

impl<T: Scalar> Update<T> for Road<T> {
    fn delta(&self, base: &Linear<T>) -> Result<Array2<T>, MethodError> {
        minus(self.turn(&base.weight)?, &base.weight)
    }

    fn merged(&self, base: &Linear<T>) -> Result<Linear<T>, MethodError> {
        let column = |bias: &Array1<T>| Ok(self.turn(&bias.clone().insert_axis(Axis(1)))?.remove_axis(Axis(1)));
        Ok(Linear { weight: self.turn(&base.weight)?, bias: base.bias.as_ref().map(column).transpose()? })
    }
}
