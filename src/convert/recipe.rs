use std::borrow::Cow;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use super::{RecipeError, Weights};
use crate::tensors::{Dtype, Tensor};

/// The numbers of a tensor, the last index running fastest.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    /// The sizes.
    pub shape: Vec<usize>,
    /// As many numbers as the sizes say.
    pub values: Vec<f64>,
}

/// A computation that no other variant of [`Recipe`] is: from the numbers of some tensors to those of one.
pub type Computation = dyn Fn(&[Numbers]) -> Result<Numbers, RecipeError> + Send + Sync;

/// How a tensor of the result is made from tensors of the source. A recipe is followed when the tensor is written, and
/// once more when the result is compared; until then it costs nothing.
#[derive(Clone)]
#[non_exhaustive]
pub enum Recipe {
    /// The tensor of this name.
    Tensor(String),
    /// Times a number.
    Scaled(Box<Self>, f64),
    /// Two of the same sizes, added up.
    Sum(Box<Self>, Box<Self>),
    /// The same numbers in other sizes.
    Reshaped(Box<Self>, Vec<usize>),
    /// A part along an axis.
    Part {
        /// Of what.
        of: Box<Self>,
        /// The axis.
        axis: usize,
        /// From where to where.
        range: Range<usize>,
    },
    /// Several, one behind the other along an axis.
    Joined {
        /// The axis.
        axis: usize,
        /// What is joined; at least one, of the same sizes but along the axis.
        parts: Vec<Self>,
    },
    /// Anything else.
    Computed {
        /// What is done, in a few words that stand before a list of names.
        what: &'static str,
        /// The sizes of the outcome.
        shape: Vec<usize>,
        /// What it is done with.
        of: Vec<Self>,
        /// The computation.
        by: Arc<Computation>,
    },
}

impl Recipe {
    /// The tensor of this name, as it is.
    pub fn tensor(name: impl Into<String>) -> Self {
        Self::Tensor(name.into())
    }

    /// This, times a number.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self::Scaled(Box::new(self), factor)
    }

    /// This and another, added up.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self::Sum(Box::new(self), Box::new(other))
    }

    /// This in other sizes.
    #[must_use]
    pub fn reshaped(self, shape: impl Into<Vec<usize>>) -> Self {
        Self::Reshaped(Box::new(self), shape.into())
    }

    /// A part of this along an axis.
    #[must_use]
    pub fn part(self, axis: usize, range: Range<usize>) -> Self {
        Self::Part { of: Box::new(self), axis, range }
    }

    /// This with other recipes in the place of the tensors that `named` knows.
    #[must_use]
    pub fn with<'a>(&self, named: &dyn Fn(&str) -> Option<&'a Self>) -> Self {
        let one = |of: &Self| Box::new(of.with(named));
        let all = |parts: &[Self]| parts.iter().map(|part| part.with(named)).collect();
        match self {
            Self::Tensor(name) => named(name).unwrap_or(self).clone(),
            Self::Scaled(of, factor) => Self::Scaled(one(of), *factor),
            Self::Sum(left, right) => Self::Sum(one(left), one(right)),
            Self::Reshaped(of, shape) => Self::Reshaped(one(of), shape.clone()),
            Self::Part { of, axis, range } => Self::Part { of: one(of), axis: *axis, range: range.clone() },
            Self::Joined { axis, parts } => Self::Joined { axis: *axis, parts: all(parts) },
            Self::Computed { what, shape, of, by } => {
                Self::Computed { what, shape: shape.clone(), of: all(of), by: Arc::clone(by) }
            }
        }
    }

    /// The names of the tensors it is made from, in the order in which they are used, each once.
    #[must_use]
    pub fn from(&self) -> Vec<&str> {
        let mut names = Vec::new();
        self.collect(&mut names);
        names
    }

    fn collect<'a>(&'a self, names: &mut Vec<&'a str>) {
        match self {
            Self::Tensor(name) => {
                if !names.contains(&name.as_str()) {
                    names.push(name);
                }
            }
            Self::Scaled(of, _) | Self::Reshaped(of, _) | Self::Part { of, .. } => of.collect(names),
            Self::Sum(left, right) => {
                left.collect(names);
                right.collect(names);
            }
            Self::Joined { parts: of, .. } | Self::Computed { of, .. } => {
                of.iter().for_each(|part| part.collect(names));
            }
        }
    }

    /// Whether each number of the outcome is one of a tensor, as it is or multiplied.
    #[cfg(feature = "oracle")]
    pub(crate) fn is_number_by_number(&self) -> bool {
        match self {
            Self::Tensor(_) => true,
            Self::Scaled(of, _) | Self::Reshaped(of, _) | Self::Part { of, .. } => of.is_number_by_number(),
            Self::Joined { parts, .. } => parts.iter().all(Self::is_number_by_number),
            Self::Sum(..) | Self::Computed { .. } => false,
        }
    }

    /// The sizes of the outcome.
    ///
    /// # Errors
    /// If a tensor is not there, or is not of the sizes that the recipe takes.
    pub fn shape(&self, weights: &Weights) -> Result<Vec<usize>, RecipeError> {
        match self {
            Self::Tensor(name) => Ok(find(weights, name)?.shape().to_vec()),
            Self::Scaled(of, _) => of.shape(weights),
            Self::Sum(left, right) => {
                let (left, right) = (left.shape(weights)?, right.shape(weights)?);
                if left == right {
                    Ok(left)
                } else {
                    Err(RecipeError::unfit(format!("{left:?} and {right:?} cannot be added")))
                }
            }
            Self::Reshaped(of, shape) => {
                let whole = of.shape(weights)?;
                if count(&whole) == count(shape) {
                    Ok(shape.clone())
                } else {
                    Err(RecipeError::unfit(format!("{whole:?} cannot become {shape:?}")))
                }
            }
            Self::Part { of, axis, range } => {
                let mut shape = of.shape(weights)?;
                match shape.get_mut(*axis) {
                    Some(size) if range.start <= range.end && range.end <= *size => *size = range.len(),
                    _ => return Err(RecipeError::unfit(format!("{shape:?} has no part {range:?} along axis {axis}"))),
                }
                Ok(shape)
            }
            Self::Joined { axis, parts } => joined_shape(*axis, parts, weights),
            Self::Computed { shape, .. } => Ok(shape.clone()),
        }
    }

    /// The outcome.
    ///
    /// # Errors
    /// If a tensor is not there, has no numbers, or is not of the sizes that the recipe takes.
    pub fn numbers(&self, weights: &Weights) -> Result<Numbers, RecipeError> {
        let shape = self.shape(weights)?;
        let values = match self {
            Self::Tensor(name) => find(weights, name)?.to_f64_vec()?,
            Self::Scaled(of, factor) => {
                let mut values = of.numbers(weights)?.values;
                values.iter_mut().for_each(|value| *value *= factor);
                values
            }
            Self::Sum(left, right) => {
                let (left, right) = (left.numbers(weights)?.values, right.numbers(weights)?.values);
                left.into_iter().zip(right).map(|(left, right)| left + right).collect()
            }
            Self::Reshaped(of, _) => of.numbers(weights)?.values,
            Self::Part { of, axis, range } => part(&of.numbers(weights)?, *axis, range),
            Self::Joined { axis, parts } => joined(*axis, &all_numbers(parts, weights)?, &shape),
            Self::Computed { what, of, by, .. } => {
                let outcome = by(&all_numbers(of, weights)?)?;
                if outcome.shape != shape {
                    let detail = format!("{what} gives {:?}, not {shape:?}", outcome.shape);
                    return Err(RecipeError::unfit(detail));
                }
                outcome.values
            }
        };
        Ok(Numbers { shape, values })
    }
}

/// The sizes of several, one behind the other along an axis.
fn joined_shape(axis: usize, parts: &[Recipe], weights: &Weights) -> Result<Vec<usize>, RecipeError> {
    let mut shapes = parts.iter().map(|part| part.shape(weights));
    let mut whole = shapes.next().unwrap_or_else(|| Err(RecipeError::unfit("there is nothing to join")))?;
    if axis >= whole.len() {
        return Err(RecipeError::unfit(format!("{whole:?} has no axis {axis} to be joined along")));
    }
    for shape in shapes {
        let shape = shape?;
        let fits =
            shape.len() == whole.len() && (0..whole.len()).all(|index| index == axis || shape[index] == whole[index]);
        let joined = whole[axis].checked_add(shape[axis]).filter(|_| fits);
        whole[axis] = joined
            .ok_or_else(|| RecipeError::unfit(format!("{whole:?} and {shape:?} cannot be joined along axis {axis}")))?;
    }
    Ok(whole)
}

fn all_numbers(recipes: &[Recipe], weights: &Weights) -> Result<Vec<Numbers>, RecipeError> {
    recipes.iter().map(|recipe| recipe.numbers(weights)).collect()
}

fn part(of: &Numbers, axis: usize, range: &Range<usize>) -> Vec<f64> {
    let run: usize = of.shape[axis + 1..].iter().product();
    let step = of.shape[axis] * run;
    let outer: usize = of.shape[..axis].iter().product();
    (0..outer)
        .flat_map(|index| &of.values[index * step + range.start * run..index * step + range.end * run])
        .copied()
        .collect()
}

fn joined(axis: usize, parts: &[Numbers], shape: &[usize]) -> Vec<f64> {
    let outer: usize = shape[..axis].iter().product();
    let mut values = Vec::with_capacity(shape.iter().product());
    for index in 0..outer {
        for part in parts {
            let run: usize = part.shape[axis..].iter().product();
            values.extend_from_slice(&part.values[index * run..(index + 1) * run]);
        }
    }
    values
}

/// A tensor of the result: what it is called, and how it is made.
#[derive(Debug, Clone)]
pub struct Carried {
    /// Its name in the result.
    pub to: String,
    /// The type of its elements in the result.
    pub dtype: Dtype,
    /// Its sizes.
    pub shape: Vec<usize>,
    /// How it is made.
    pub recipe: Recipe,
    /// What it has in common with all tensors that are one memory in the library it is for. A container that cannot say
    /// so has the first of them only.
    pub tie: Option<String>,
}

impl Carried {
    /// Puts tensors in the order of their names.
    pub(super) fn sort(tensors: &mut [Self]) {
        tensors.sort_unstable_by(|one, other| one.to.cmp(&other.to));
    }

    /// A tensor of the source under another name, byte for byte. Tensors that the source ties stay tied.
    #[must_use]
    pub fn same(tensor: Tensor<'_>, to: impl Into<String>) -> Self {
        Self {
            to: to.into(),
            dtype: tensor.dtype(),
            shape: tensor.shape().to_vec(),
            recipe: Recipe::tensor(tensor.name()),
            tie: Some(tensor.alias().name().to_owned()),
        }
    }

    /// A tensor that is made anew, in the type of the first tensor it is made from.
    ///
    /// # Errors
    /// If a tensor is not there, or is not of the sizes that the recipe takes.
    pub fn made(recipe: Recipe, to: impl Into<String>, weights: &Weights) -> Result<Self, RecipeError> {
        let names = recipe.from();
        let first = names.first().ok_or_else(|| RecipeError::unfit("it is made from nothing"))?;
        let dtype = find(weights, first)?.dtype();
        // What is computed tells its sizes without a look at what it is computed from.
        names.iter().try_for_each(|name| find(weights, name).map(|_| ()))?;
        Ok(Self { to: to.into(), dtype, shape: recipe.shape(weights)?, recipe, tie: None })
    }

    /// The name of the tensor whose bytes it has; none if it is computed.
    #[must_use]
    pub fn copy_of<'a>(&'a self, weights: &Weights) -> Option<&'a str> {
        match &self.recipe {
            Recipe::Tensor(name) if weights.get(name).is_some_and(|tensor| tensor.dtype() == self.dtype) => Some(name),
            _ => None,
        }
    }

    /// The tensor's elements in order, little-endian.
    ///
    /// # Errors
    /// If the recipe cannot be followed, or the numbers have no place in the type.
    pub fn bytes<'a>(&self, weights: &'a Weights) -> Result<Cow<'a, [u8]>, RecipeError> {
        match self.copy_of(weights) {
            Some(name) => Ok(find(weights, name)?.bytes()),
            None => Ok(Cow::Owned(rounded(&self.recipe.numbers(weights)?.values, self.dtype)?)),
        }
    }
}

pub(super) fn find<'a>(weights: &'a Weights, name: &str) -> Result<Tensor<'a>, RecipeError> {
    weights.get(name).ok_or_else(|| RecipeError::Missing { name: name.to_owned() })
}

fn count(shape: &[usize]) -> Option<usize> {
    shape.iter().try_fold(1_usize, |product, size| product.checked_mul(*size))
}

/// A number in a type, rounded to the nearest; as it is in types that nothing is computed in.
pub(super) fn nearest(number: f64, dtype: Dtype) -> f64 {
    match dtype {
        #[expect(clippy::cast_possible_truncation, reason = "rounding to the type is what is asked for")]
        Dtype::F32 => f64::from(number as f32),
        Dtype::F16 => half_of(number).to_f64(),
        Dtype::Bf16 => half::bf16::from_f64(number).to_f64(),
        _ => number,
    }
}

/// A number in half precision, rounded once.
fn half_of(number: f64) -> half::f16 {
    #[expect(clippy::cast_possible_truncation, reason = "what is changed by it is not taken")]
    let single = number as f32;
    // Processors round from single precision, which is many times faster.
    if f64::from(single).to_bits() == number.to_bits() {
        half::f16::from_f32(single)
    } else {
        half::f16::from_f64(number)
    }
}

/// Whether [`rounded`] knows a type.
pub(super) fn can_be_computed(dtype: Dtype) -> bool {
    rounded(&[], dtype).is_ok()
}

/// Numbers in a type, rounded to the nearest.
pub(crate) fn rounded(values: &[f64], dtype: Dtype) -> Result<Vec<u8>, RecipeError> {
    match dtype {
        Dtype::F64 => Ok(written(values, f64::to_le_bytes)),
        #[expect(clippy::cast_possible_truncation, reason = "rounding to the type is what is asked for")]
        Dtype::F32 => Ok(written(values, |number| (number as f32).to_le_bytes())),
        Dtype::F16 => Ok(written(values, |number| half_of(number).to_le_bytes())),
        Dtype::Bf16 => Ok(written(values, |number| half::bf16::from_f64(number).to_le_bytes())),
        other => Err(RecipeError::unfit(format!("nothing can be computed in numbers of type {other}"))),
    }
}

fn written<const SIZE: usize>(values: &[f64], each: impl Fn(f64) -> [u8; SIZE]) -> Vec<u8> {
    let mut bytes = vec![0; values.len().saturating_mul(SIZE)];
    bytes.as_chunks_mut().0.iter_mut().zip(values).for_each(|(place, number)| *place = each(*number));
    bytes
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |f: &mut fmt::Formatter<'_>, parts: &[Self]| {
            parts.iter().enumerate().try_for_each(|(index, part)| {
                if index > 0 {
                    f.write_str(", ")?;
                }
                part.fmt(f)
            })
        };
        match self {
            Self::Tensor(name) => f.write_str(name),
            Self::Scaled(of, factor) => write!(f, "{factor} * {of}"),
            Self::Sum(left, right) => write!(f, "{left} + {right}"),
            Self::Reshaped(of, shape) => write!(f, "{of} as {shape:?}"),
            Self::Part { of, axis, range } => write!(f, "{of}[{}{range:?}]", ":, ".repeat(*axis)),
            Self::Joined { axis, parts } => {
                write!(f, "joined along axis {axis} (")?;
                list(f, parts)?;
                f.write_str(")")
            }
            Self::Computed { what, of, .. } => {
                write!(f, "{what} (")?;
                list(f, of)?;
                f.write_str(")")
            }
        }
    }
}

impl fmt::Debug for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
