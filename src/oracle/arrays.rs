use std::collections::BTreeMap;

use ndarray::{ArrayD, IxDyn};

use super::OracleError;
use crate::dialects::adapterhub::modules::{ModuleError, Tensors};
use crate::methods::Scalar;
use crate::tensors::TensorFile;

/// Outputs by name.
pub type Outputs<T> = BTreeMap<String, ArrayD<T>>;

/// Arrays of one group in a file of tensors: names begin with the group.
#[derive(Debug, Clone, Copy)]
pub struct Group<'a> {
    /// The file.
    pub file: &'a TensorFile,
    /// The group, such as `adapter/a/`; empty for all.
    pub prefix: &'a str,
}

impl Group<'_> {
    /// An array of numbers, if it is there.
    ///
    /// # Errors
    /// If it cannot be read as numbers of this type.
    pub fn real<T: Scalar>(&self, name: &str) -> Result<Option<ArrayD<T>>, OracleError> {
        let Some(tensor) = self.file.get(&format!("{}{name}", self.prefix)) else { return Ok(None) };
        let values = tensor.to_f64_vec()?.into_iter().map(T::of).collect();
        shaped(tensor.shape(), values)
    }

    /// An array of whole numbers, if it is there.
    ///
    /// # Errors
    /// If it cannot be read as whole numbers.
    pub fn whole(&self, name: &str) -> Result<Option<ArrayD<i64>>, OracleError> {
        let Some(tensor) = self.file.get(&format!("{}{name}", self.prefix)) else { return Ok(None) };
        shaped(tensor.shape(), tensor.to_i64_vec()?)
    }

    /// The names in the group, without it.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.file.iter().filter_map(|tensor| tensor.name().strip_prefix(self.prefix))
    }
}

fn shaped<T>(shape: &[usize], values: Vec<T>) -> Result<Option<ArrayD<T>>, OracleError> {
    let array = ArrayD::from_shape_vec(IxDyn(shape), values);
    array.map(Some).map_err(|error| OracleError::case(error.to_string()))
}

impl<T: Scalar> Tensors<T> for Group<'_> {
    fn tensor(&self, name: &str) -> Result<Option<ArrayD<T>>, ModuleError> {
        self.real(name).map_err(|error| ModuleError::Unreadable(Box::new(error)))
    }
}

/// Tensors by the names of the bare base model, whether or not the file has its attribute before them.
pub(super) struct Named<'a, T> {
    pub(super) tensors: &'a dyn Tensors<T>,
    pub(super) attribute: &'static str,
}

impl<T> Tensors<T> for Named<'_, T> {
    fn tensor(&self, name: &str) -> Result<Option<ArrayD<T>>, ModuleError> {
        match self.tensors.tensor(&format!("{}.{name}", self.attribute))? {
            Some(found) => Ok(Some(found)),
            None => self.tensors.tensor(name),
        }
    }
}
