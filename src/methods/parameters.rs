//! Parameters by role: what a method asks for, and the arrays that answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use ndarray::{Array, ArrayD, ArrayView, Dimension as NdDimension};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{MethodError, Scalar};
use crate::ordered;

/// One dimension of a parameter: its symbol in the equations, and its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Axis {
    /// The symbol, such as `d` for the hidden size.
    pub symbol: &'static str,
    /// The size.
    pub size: usize,
}

/// What training does with a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Nature {
    /// It is trained.
    Trained,
    /// It is a parameter, but stays as it began.
    Frozen,
    /// It is saved beside the parameters and counted among none.
    Buffer,
}

/// A parameter of a method: the role it plays in the equations, and its shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// The role, unique within the method: `down.weight`, `gate.bias` …
    pub role: String,
    /// The shape.
    pub shape: Vec<Axis>,
    /// What training does with it.
    pub nature: Nature,
}

impl Parameter {
    pub(crate) fn trained(role: impl Into<String>, shape: &[(&'static str, usize)]) -> Self {
        let shape = shape.iter().map(|&(symbol, size)| Axis { symbol, size }).collect();
        Self { role: role.into(), shape, nature: Nature::Trained }
    }

    pub(crate) fn frozen(self) -> Self {
        Self { nature: Nature::Frozen, ..self }
    }

    pub(crate) fn buffer(self) -> Self {
        Self { nature: Nature::Buffer, ..self }
    }

    /// The same parameter as part of a larger method: `part.role`.
    pub(crate) fn within(self, part: &str) -> Self {
        Self { role: format!("{part}.{}", self.role), ..self }
    }

    /// The sizes alone.
    #[must_use]
    pub fn sizes(&self) -> Vec<usize> {
        self.shape.iter().map(|axis| axis.size).collect()
    }

    /// The number of elements; `None` if it does not fit the machine's integers.
    #[must_use]
    pub fn elements(&self) -> Option<usize> {
        self.shape.iter().try_fold(1_usize, |product, axis| product.checked_mul(axis.size))
    }
}

/// The weight (`[out, in]`) and bias of a linear map.
pub(crate) fn linear(
    role: &str,
    out: (&'static str, usize),
    input: (&'static str, usize),
    bias: bool,
) -> impl Iterator<Item = Parameter> {
    let weight = Parameter::trained(format!("{role}.weight"), &[out, input]);
    let bias = bias.then(|| Parameter::trained(format!("{role}.bias"), &[out]));
    std::iter::once(weight).chain(bias)
}

/// The weight and bias of a layer norm.
pub(crate) fn layer_norm(role: &str, size: (&'static str, usize)) -> impl Iterator<Item = Parameter> {
    ["weight", "bias"].map(|part| Parameter::trained(format!("{role}.{part}"), &[size])).into_iter()
}

/// Arrays by role. What several layers share, all of them can have without a copy.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Parameters<T> {
    arrays: BTreeMap<String, Arc<ArrayD<T>>>,
}

impl<T: Scalar> Parameters<T> {
    /// None.
    #[must_use]
    pub fn new() -> Self {
        Self { arrays: BTreeMap::new() }
    }

    /// Adds an array. One of the same role is replaced.
    pub fn insert(&mut self, role: impl Into<String>, array: impl Into<Arc<ArrayD<T>>>) {
        self.arrays.insert(role.into(), array.into());
    }

    /// The array of a role.
    #[must_use]
    pub fn get(&self, role: &str) -> Option<&ArrayD<T>> {
        self.arrays.get(role).map(Arc::as_ref)
    }

    /// All of them, by role.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ArrayD<T>)> {
        self.arrays.iter().map(|(role, array)| (role.as_str(), array.as_ref()))
    }

    /// The arrays of one part of a method, with the part's name cut off their roles.
    #[must_use]
    pub fn part(&self, part: &str) -> Self {
        let roles = self.arrays.iter().filter_map(|(role, array)| {
            let role = role.strip_prefix(part)?.strip_prefix('.')?;
            Some((role.to_owned(), Arc::clone(array)))
        });
        Self { arrays: ordered::map(roles) }
    }

    /// Holds the arrays to what a method asks for.
    ///
    /// # Errors
    /// The first parameter that is missing or has another shape.
    pub fn check(&self, expected: &[Parameter]) -> Result<(), MethodError> {
        for parameter in expected {
            let array = self.arrays.get(&parameter.role);
            let array = array.ok_or_else(|| MethodError::Missing { role: parameter.role.clone() })?;
            if array.shape() != parameter.sizes() {
                return Err(MethodError::Shape {
                    role: parameter.role.clone(),
                    expected: parameter.sizes(),
                    found: array.shape().to_vec(),
                });
            }
        }
        Ok(())
    }

    /// The array of a role with a known number of dimensions.
    pub(crate) fn take<D: NdDimension>(&self, role: &str) -> Result<Array<T, D>, MethodError> {
        Ok(self.view(role)?.to_owned())
    }

    /// [`Parameters::take`] without a copy.
    pub(crate) fn view<D: NdDimension>(&self, role: &str) -> Result<ArrayView<'_, T, D>, MethodError> {
        let array = self.get(role).ok_or_else(|| MethodError::Missing { role: role.to_owned() })?;
        let dimensions = D::NDIM.unwrap_or_default();
        array.view().into_dimensionality().map_err(|_| MethodError::Shape {
            role: role.to_owned(),
            expected: vec![0; dimensions],
            found: array.shape().to_vec(),
        })
    }
}
