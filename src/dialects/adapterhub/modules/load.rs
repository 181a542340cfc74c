//! Tensors under the library's names, as parameters by role.

use std::fmt;

use ndarray::ArrayD;

use super::{Module, leaf, shared_leaf};
use crate::methods::adapted_linear::Update;
use crate::methods::parameters::{Parameter, Parameters};
use crate::methods::{MethodError, Scalar, ia3, lora, mtl_lora, vera};

/// Somewhere tensors are found by name.
pub trait Tensors<T> {
    /// The tensor of a name; `None` if there is none.
    ///
    /// # Errors
    /// [`ModuleError::Unreadable`] if it is there and cannot be read as numbers of this type.
    fn tensor(&self, name: &str) -> Result<Option<ArrayD<T>>, ModuleError>;
}

/// Why a module cannot be made of tensors.
#[derive(Debug)]
#[non_exhaustive]
pub enum ModuleError {
    /// A tensor is missing.
    Missing {
        /// Its name.
        name: String,
    },
    /// A tensor has another shape than the config and the model say.
    Shape {
        /// Its name.
        name: String,
        /// The shape by config and model.
        expected: Vec<usize>,
        /// The shape it has.
        found: Vec<usize>,
    },
    /// A tensor cannot be read.
    Unreadable(Box<dyn std::error::Error + Send + Sync>),
    /// The method says no.
    Method(MethodError),
}

impl fmt::Display for ModuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name } => write!(f, "the tensor `{name}` is missing"),
            Self::Shape { name, expected, found } => {
                write!(f, "the tensor `{name}` should have the shape {expected:?}, but has {found:?}")
            }
            Self::Unreadable(error) => error.fmt(f),
            Self::Method(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ModuleError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Its own text is ours.
            Self::Unreadable(error) => error.source(),
            Self::Missing { .. } | Self::Shape { .. } | Self::Method(_) => None,
        }
    }
}

impl From<MethodError> for ModuleError {
    fn from(error: MethodError) -> Self {
        Self::Method(error)
    }
}

/// The module's own parameters, from tensors whose names begin with `path`.
///
/// # Errors
/// If one is missing, has another shape or cannot be read.
pub fn own<T: Scalar>(tensors: &dyn Tensors<T>, path: &str, module: &Module) -> Result<Parameters<T>, ModuleError> {
    let mut parameters = Parameters::new();
    for parameter in module.parameters() {
        let leaf = leaf(module, &parameter.role);
        let names: Vec<_> =
            std::iter::once(leaf.name).chain(leaf.aliases).map(|leaf| format!("{path}{leaf}")).collect();
        insert(&mut parameters, tensors, &parameter, &names)?;
    }
    Ok(parameters)
}

/// What all modules of an adapter share, from tensors whose names begin with `path`.
///
/// # Errors
/// If one is missing, has another shape or cannot be read.
pub fn shared<T: Scalar>(tensors: &dyn Tensors<T>, path: &str, module: &Module) -> Result<Parameters<T>, ModuleError> {
    let mut parameters = Parameters::new();
    for parameter in module.shared_parameters() {
        let name = format!("{path}{}", shared_leaf(&parameter.role));
        insert(&mut parameters, tensors, &parameter, &[name])?;
    }
    Ok(parameters)
}

fn insert<T: Scalar>(
    parameters: &mut Parameters<T>,
    tensors: &dyn Tensors<T>,
    parameter: &Parameter,
    names: &[String],
) -> Result<(), ModuleError> {
    for name in names {
        let Some(array) = tensors.tensor(name)? else { continue };
        let expected = parameter.sizes();
        if array.shape() != expected {
            return Err(ModuleError::Shape { name: name.clone(), expected, found: array.shape().to_vec() });
        }
        parameters.insert(parameter.role.clone(), array);
        return Ok(());
    }
    Err(ModuleError::Missing { name: names.first().cloned().unwrap_or_default() })
}

/// The update of a weight, for the modules of LoRA's family; `None` for all others.
///
/// # Errors
/// If a parameter is missing or has another shape.
pub fn update<T: Scalar>(
    module: &Module,
    own: &Parameters<T>,
    shared: &Parameters<T>,
) -> Result<Option<Update<T>>, MethodError> {
    Ok(Some(match module {
        Module::Lora(architecture) => Update::Lora(lora::Lora::new(*architecture, own)?),
        Module::Vera(architecture) => Update::Vera(vera::Vera::new(*architecture, own, shared)?),
        Module::MtlLora(architecture) => Update::MtlLora(mtl_lora::MtlLora::new(*architecture, own)?),
        Module::Ia3(architecture) => Update::Ia3(ia3::Ia3::new(*architecture, own)?),
        _ => return Ok(None),
    }))
}
