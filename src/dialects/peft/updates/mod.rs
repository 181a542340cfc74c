//! What a config and an adapter's tensors make of one layer: from PEFT's names and keys to the
//! [changes of an affine map](crate::methods::updates).

mod draws;
mod family;
mod fits;
mod loaded;
mod settings;
mod table;

use std::fmt;

use ndarray::{Array2, ArrayBase, Data, Ix2};

use crate::dialects::peft::PatternError;
use crate::dialects::peft::expected::Refusal;
use crate::methods::linear::Linear;
use crate::methods::parameters::Parameters;
use crate::methods::updates::{Update, matrix};
use crate::methods::{MethodError, Scalar};

use draws::clusters;
pub use draws::{Drawn, Lacking, Place, permutation_start};
pub(crate) use family::has_one_direction;
pub use fits::fits;
pub use loaded::loaded;
pub use settings::Settings;

/// One layer with the tensors of an adapter.
#[derive(Debug)]
pub struct Site<'a, T> {
    /// The path of the layer in the model.
    pub module: &'a str,
    /// The layer itself.
    pub layer: Given<'a, T>,
    /// The adapter's tensors by their names behind the path of the layer, and those that layers share by their names
    /// behind `base_model.`.
    pub tensors: &'a Parameters<T>,
    /// What PEFT draws or derives when it loads the adapter and does not save, as far as it is given.
    pub drawn: &'a Parameters<T>,
}

/// What is given of a layer.
#[derive(Debug)]
pub enum Given<'a, T> {
    /// All of it, as an affine map.
    Whole(&'a Linear<T>),
    /// The sizes of its weight, `[out, in]`: enough for an update that follows from the adapter alone.
    Sizes(usize, usize),
}

impl<T: Scalar> Site<'_, T> {
    fn shape(&self) -> (usize, usize) {
        match self.layer {
            Given::Whole(map) => map.weight.dim(),
            Given::Sizes(outputs, inputs) => (outputs, inputs),
        }
    }

    /// The layer, for updates that are derived from its weight.
    fn whole(&self) -> Result<&Linear<T>, UpdateError> {
        match self.layer {
            Given::Whole(map) => Ok(map),
            Given::Sizes(..) => Err(UpdateError::NeedsWeight),
        }
    }

    fn has(&self, role: &str) -> bool {
        self.tensors.get(role).is_some()
    }

    /// `a · b`, which is the layer's weight or a part of it: two long tensors in a small file would make a matrix of any
    /// size.
    fn product<A: Data<Elem = T>, B: Data<Elem = T>>(
        &self,
        a: &ArrayBase<A, Ix2>,
        b: &ArrayBase<B, Ix2>,
    ) -> Result<Array2<T>, MethodError> {
        let (outputs, inputs) = self.shape();
        match a.nrows().checked_mul(b.ncols()) {
            Some(elements) if elements <= outputs.saturating_mul(inputs) => matrix::dot(a, b),
            _ => Err(MethodError::input(format!(
                "a product of shapes {:?} and {:?} for a weight of shape {:?}",
                a.dim(),
                b.dim(),
                self.shape()
            ))),
        }
    }
}

/// Why there is no update.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateError {
    /// The method says no.
    Method(MethodError),
    /// A pattern of the config cannot be followed.
    Pattern(PatternError),
    /// PEFT refuses to adapt such a layer.
    Refused(Refusal),
    /// No release that is known here has such a `peft_type`, or it changes no single layer.
    NoUpdate {
        /// The `peft_type`.
        peft_type: String,
    },
    /// The update is derived from the layer's weight, of which only the [sizes](Given::Sizes) are given.
    NeedsWeight,
}

impl fmt::Display for UpdateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Method(error) => error.fmt(f),
            Self::Pattern(error) => error.fmt(f),
            Self::Refused(refusal) => refusal.fmt(f),
            Self::NoUpdate { peft_type } => write!(f, "{peft_type} does not change a layer's weight"),
            Self::NeedsWeight => f.write_str("the change also depends on the layer's weight, which is not given"),
        }
    }
}

impl std::error::Error for UpdateError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Method(error) => error.source(),
            Self::Pattern(error) => error.source(),
            Self::Refused(_) | Self::NoUpdate { .. } | Self::NeedsWeight => None,
        }
    }
}

impl From<MethodError> for UpdateError {
    fn from(error: MethodError) -> Self {
        Self::Method(error)
    }
}

impl From<PatternError> for UpdateError {
    fn from(error: PatternError) -> Self {
        Self::Pattern(error)
    }
}

/// The update of a layer.
pub type Boxed<T> = Box<dyn Update<T>>;

/// The update that an adapter of this config is at a layer.
///
/// # Errors
/// If the method has no such thing, a tensor is missing or does not fit, or the library derives something from a source
/// that cannot be followed here.
pub fn update<T: Scalar>(config: Settings<'_>, site: &Site<'_, T>) -> Result<Boxed<T>, UpdateError> {
    table::update(config, site)
}
