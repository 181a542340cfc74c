//! Query, key and value in one weight, as in GPT-2.

use ndarray::{Array1, Array2, Array3, Axis, s};

use super::adapted_linear::Update;
use super::linear::{Linear, product};
use super::{MethodError, Scalar};

/// A linear layer that computes query, key and value at once, with an update of some of them (`methods/lora.py`,
/// `LoRAMergedLinear`, adapters 1.3.0). The weight's rows are those of query, key and value, `d/3` each; of the `n`
/// that are enabled, the adapter's arrays hold one part after the other, always in this order: `A` is `[n·r, k]`, `B`
/// is `[n·d/3, r]` or (IA)³'s `l` `[n·d/3]`, a gate has `n` outputs. Each projection's rows of `B` meet its own rows of
/// `A`:
///
/// ```text
/// LoRA     y_p = x · W_pᵀ + b_p + α/r · x · A_pᵀ · B_pᵀ     p enabled       x · W_pᵀ + b_p               p not enabled
/// (IA)³    y_p = (x · W_pᵀ + b_p) ⊙ α · l_p                                 (x · W_pᵀ + b_p) · α
/// ```
///
/// With gates, `g_p` stands in the place of `α/r` and of `α`, and 1 where `p` is not enabled. DoRA's trained lengths
/// are created and have no effect. Only one adapter can be active.
#[derive(Debug, Clone, PartialEq)]
pub struct MergedLinear<T> {
    /// The model's own layer, weight `[d, k]`.
    pub base: Linear<T>,
    /// Which of query, key and value are updated.
    pub enabled: [bool; 3],
    /// The update: LoRA or (IA)³.
    pub update: Update<T>,
}

impl<T: Scalar> MergedLinear<T> {
    /// The layer's output for `x`, `[batch, sequence, k]`.
    ///
    /// # Errors
    /// If no projection is enabled, or the update is of another method.
    pub fn forward(&self, x: &Array3<T>) -> Result<Array3<T>, MethodError> {
        let output = self.base.forward(x);
        let (factor, gate) = match &self.update {
            Update::Lora(lora) => (lora.architecture.scaling(), lora.gate.as_ref()),
            Update::Ia3(ia3) => (ia3.architecture.alpha, ia3.gate.as_ref()),
            Update::Vera(_) | Update::MtlLora(_) => return Err(Self::unsupported()),
        };
        // One factor for each example and unit: the gate of the unit's projection, or the constant.
        let factors = match gate {
            Some(gate) => {
                let gates = gate.forward(x.view());
                let each: Vec<Array2<T>> = gates
                    .axis_iter(Axis(0))
                    .map(|gates| self.spread(&self.repeat(gates), T::one()).map(|row| row.insert_axis(Axis(0))))
                    .collect::<Result<_, _>>()?;
                let views: Vec<_> = each.iter().map(|row| row.view()).collect();
                let joined = ndarray::concatenate(Axis(0), &views);
                joined.map_err(|_| MethodError::input("the batch is empty"))?.insert_axis(Axis(1))
            }
            None => Array3::from_elem((1, 1, 1), T::of(factor)),
        };
        match &self.update {
            Update::Lora(lora) => {
                let inner = product(x, &lora.a.t());
                let mut update = Array3::zeros(output.dim());
                for (group, rows) in self.groups()?.enumerate() {
                    let rank = lora.architecture.rank;
                    let inner = inner.slice(s![.., .., group * rank..(group + 1) * rank]);
                    let size = rows.len();
                    let b = lora.b.slice(s![group * size..(group + 1) * size, ..]);
                    update.slice_mut(s![.., .., rows]).assign(&product(&inner, &b.t()));
                }
                Ok(output + update * &factors)
            }
            _ => Ok(output * (factors * &self.spread(&self.vector()?, T::one())?)),
        }
    }

    /// The weight `[d, k]` with the update merged into it: `W_p + α/r · B_p · A_p`, or `W_p ⊙ α · l_p` by rows and
    /// `α · W_p` where `p` is not enabled. The bias stays as it is.
    ///
    /// # Errors
    /// For an update with a gate, and as [`MergedLinear::forward`].
    pub fn merge(&self) -> Result<Array2<T>, MethodError> {
        self.change(|weight, change, is_lora| if is_lora { weight + change } else { weight * change })
    }

    /// The inverse of [`MergedLinear::merge`], on the weight of `base`.
    ///
    /// # Errors
    /// As [`MergedLinear::merge`].
    pub fn unmerge(&self) -> Result<Array2<T>, MethodError> {
        self.change(|weight, change, is_lora| if is_lora { weight - change } else { weight / change })
    }

    fn change(&self, apply: impl Fn(&Array2<T>, &Array2<T>, bool) -> Array2<T>) -> Result<Array2<T>, MethodError> {
        let weight = &self.base.weight;
        match &self.update {
            Update::Lora(lora) if lora.gate.is_none() => {
                let mut delta = Array2::zeros(weight.dim());
                for (group, rows) in self.groups()?.enumerate() {
                    let (rank, size) = (lora.architecture.rank, rows.len());
                    let a = lora.a.slice(s![group * rank..(group + 1) * rank, ..]);
                    let b = lora.b.slice(s![group * size..(group + 1) * size, ..]);
                    delta.slice_mut(s![rows, ..]).assign(&b.dot(&a));
                }
                Ok(apply(weight, &(delta * T::of(lora.architecture.scaling())), true))
            }
            Update::Ia3(ia3) if ia3.gate.is_none() => {
                let factors = self.spread(&self.vector()?, T::one())? * T::of(ia3.architecture.alpha);
                Ok(apply(weight, &factors.insert_axis(Axis(1)), false))
            }
            Update::Lora(_) | Update::Ia3(_) => {
                Err(MethodError::undefined("an update with a gate cannot be merged: the gate depends on the input"))
            }
            Update::Vera(_) | Update::MtlLora(_) => Err(Self::unsupported()),
        }
    }

    fn unsupported() -> MethodError {
        MethodError::undefined("a merged projection takes LoRA and (IA)³ only")
    }

    /// The rows of each enabled projection.
    fn groups(&self) -> Result<impl Iterator<Item = std::ops::Range<usize>>, MethodError> {
        if !self.enabled.contains(&true) {
            return Err(MethodError::undefined("none of query, key and value is enabled"));
        }
        let size = self.base.weight.nrows() / 3;
        let enabled = self.enabled;
        Ok((0..3)
            .filter(move |&projection| enabled[projection])
            .map(move |projection| projection * size..(projection + 1) * size))
    }

    /// (IA)³'s factors.
    fn vector(&self) -> Result<Array1<T>, MethodError> {
        match &self.update {
            Update::Ia3(ia3) => Ok(ia3.vector.clone()),
            _ => Err(Self::unsupported()),
        }
    }

    /// Numbers of the enabled projections at their rows, and `fill` at the others.
    fn spread(&self, numbers: &Array1<T>, fill: T) -> Result<Array1<T>, MethodError> {
        let mut spread = Array1::from_elem(self.base.weight.nrows(), fill);
        for (group, rows) in self.groups()?.enumerate() {
            let size = rows.len();
            spread.slice_mut(s![rows]).assign(&numbers.slice(s![group * size..(group + 1) * size]));
        }
        Ok(spread)
    }

    /// One gate a projection, repeated for each of its units.
    fn repeat(&self, gates: ndarray::ArrayView1<'_, T>) -> Array1<T> {
        let size = self.base.weight.nrows() / 3;
        gates.iter().flat_map(|&gate| std::iter::repeat_n(gate, size)).collect()
    }
}
