use ndarray::{Array1, Array2};

use super::Update;
use super::matrix::{dot, minus, plus, times, vector_times};
use crate::methods::linear::Linear;
use crate::methods::{MethodError, Scalar};

/// GLoRA (Chavan et al. 2023, arXiv:2306.07967, equation 10), as `tuners/glora/layer.py` has it:
///
/// ```text
/// W' = W + W ⊙ A + B        b' = b + b ⊙ D + E + W · C,  if there is a bias
/// ```
///
/// Every part is a product of two matrices, a vector, a number, or absent.
///
/// | tensor | shape | |
/// |---|---|---|
/// | `glora_A.Xd`, `glora_A.Xu` | `[out, r]`, `[r, in]` | "lora": `A = Xd · Xu` |
/// | `glora_A.X` | `[out, 1]`, `[1]` | "vector", "constant" |
/// | `glora_B.…` | as of `A` | `B` |
/// | `glora_C.Xd`, `glora_C.Xu`; `glora_C.X` | `[in, r]`, `[r, 1]`; `[in, 1]`, `[1]` | `C` |
/// | `glora_D.X`, `glora_E.X` | `[out]`, `[1]` | "vector", "constant": `D`, `E` |
/// | `glora_A.zeros`, `glora_B.zeros`, `glora_C.zeros`, `glora_D.zeros`, `glora_E.zeros` | `[out, in]`, the same, `[in, 1]`, `[out]`, the same | "none": absent; `C`, `D` and `E` also where the layer has no bias |
#[derive(Debug, Clone, PartialEq)]
pub struct Glora<T> {
    /// `A`, `[out, in]`, or one that is as wide or as high as one number.
    pub a: Option<Array2<T>>,
    /// `B`, the same.
    pub b: Option<Array2<T>>,
    /// `C`, `[in]`.
    pub c: Option<Array1<T>>,
    /// `D`, `[out]` or one number.
    pub d: Option<Array1<T>>,
    /// `E`, the same.
    pub e: Option<Array1<T>>,
}

impl<T: Scalar> Update<T> for Glora<T> {
    fn delta(&self, base: &Linear<T>) -> Result<Array2<T>, MethodError> {
        minus(self.merged(base)?.weight, &base.weight)
    }

    fn merged(&self, base: &Linear<T>) -> Result<Linear<T>, MethodError> {
        let mut weight = base.weight.clone();
        if let Some(a) = &self.a {
            weight = plus(weight, &times(wide(a, base.weight.dim())?, &base.weight)?)?;
        }
        if let Some(b) = &self.b {
            weight = plus(weight, &wide(b, base.weight.dim())?)?;
        }
        let bias = base.bias.as_ref().map(|bias| self.bias(bias, &base.weight)).transpose()?;
        Ok(Linear { weight, bias })
    }
}

impl<T: Scalar> Glora<T> {
    fn bias(&self, base: &Array1<T>, weight: &Array2<T>) -> Result<Array1<T>, MethodError> {
        let mut bias = base.clone();
        if let Some(d) = &self.d {
            bias += &vector_times(base, &long(d, base.len())?)?;
        }
        if let Some(e) = &self.e {
            bias += &long(e, base.len())?;
        }
        if let Some(c) = &self.c {
            let column = dot(weight, &c.view().insert_axis(ndarray::Axis(1)))?.remove_axis(ndarray::Axis(1));
            if column.len() != bias.len() {
                return Err(MethodError::input("a bias of another length than the outputs"));
            }
            bias += &column;
        }
        Ok(bias)
    }
}

fn wide<T: Scalar>(part: &Array2<T>, shape: (usize, usize)) -> Result<Array2<T>, MethodError> {
    let whole = part.broadcast(shape).map(|view| view.to_owned());
    whole.ok_or_else(|| MethodError::input(format!("a part of shape {:?} for a weight of {shape:?}", part.dim())))
}

fn long<T: Scalar>(part: &Array1<T>, length: usize) -> Result<Array1<T>, MethodError> {
    let whole = part.broadcast(length).map(|view| view.to_owned());
    whole.ok_or_else(|| MethodError::input(format!("a part of {} numbers for a bias of {length}", part.len())))
}
