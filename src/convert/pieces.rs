//! Recipes that are followed some numbers at a time, so that memory does not grow with what they make.

use std::ops::Range;

use super::recipe::{Recipe, find, rounded};
use super::{Carried, RecipeError, Weights};
use crate::tensors::{Reader, Tensor};

/// So many numbers at a time: few enough to stay in a processor's cache.
const PIECE: usize = 1 << 15;

/// What gives the numbers of an outcome from any place on.
enum Stream<'a> {
    Tensor(Reader<'a>),
    Scaled(Box<Self>, f64),
    Sum(Box<Self>, Box<Self>),
    /// From this place on.
    Behind(Box<Self>, usize),
    /// One behind the other, each with where it begins and ends.
    Joined(Vec<(Range<usize>, Self)>),
    /// What is made from numbers all over its sources is made as a whole.
    Whole(Vec<f64>),
}

impl<'a> Stream<'a> {
    fn of(recipe: &Recipe, weights: &'a Weights) -> Result<Self, RecipeError> {
        let one = |of: &Recipe| Self::of(of, weights).map(Box::new);
        // What lies one behind the other in memory: along the first axis, or with nothing but single rows before it.
        let is_outermost = |shape: &[usize], axis: usize| shape[..axis].iter().all(|size| *size == 1);
        match recipe {
            Recipe::Tensor(name) => Ok(Self::Tensor(find(weights, name)?.reader())),
            Recipe::Scaled(of, factor) => Ok(Self::Scaled(one(of)?, *factor)),
            Recipe::Sum(left, right) => Ok(Self::Sum(one(left)?, one(right)?)),
            Recipe::Reshaped(of, _) => Self::of(of, weights),
            Recipe::Part { of, axis, range } if is_outermost(&recipe.shape(weights)?, *axis) => {
                let run: usize = of.shape(weights)?[axis + 1..].iter().product();
                Ok(Self::Behind(one(of)?, range.start * run))
            }
            Recipe::Joined { axis, parts } if is_outermost(&recipe.shape(weights)?, *axis) => {
                let mut end = 0;
                let parts = parts.iter().map(|part| {
                    let start = end;
                    end += part.shape(weights)?.iter().product::<usize>();
                    Ok((start..end, Self::of(part, weights)?))
                });
                Ok(Self::Joined(parts.collect::<Result<_, RecipeError>>()?))
            }
            _ => Ok(Self::Whole(recipe.numbers(weights)?.values)),
        }
    }

    fn numbers(&self, range: Range<usize>) -> Result<Vec<f64>, RecipeError> {
        match self {
            Self::Tensor(reader) => Ok(reader.numbers(range)?),
            Self::Scaled(of, factor) => {
                let mut numbers = of.numbers(range)?;
                numbers.iter_mut().for_each(|number| *number *= factor);
                Ok(numbers)
            }
            Self::Sum(left, right) => {
                let mut numbers = left.numbers(range.clone())?;
                numbers.iter_mut().zip(right.numbers(range)?).for_each(|(left, right)| *left += right);
                Ok(numbers)
            }
            Self::Behind(of, start) => of.numbers(start + range.start..start + range.end),
            Self::Joined(parts) => {
                let mut numbers = Vec::with_capacity(range.len());
                for (place, part) in parts {
                    let (start, end) = (range.start.max(place.start), range.end.min(place.end));
                    if start < end {
                        numbers.extend(part.numbers(start - place.start..end - place.start)?);
                    }
                }
                Ok(numbers)
            }
            Self::Whole(numbers) => Ok(numbers[range].to_vec()),
        }
    }
}

fn ranges(count: usize) -> impl Iterator<Item = Range<usize>> {
    (0..count).step_by(PIECE).map(move |start| start..count.min(start + PIECE))
}

impl Recipe {
    /// The numbers of [`Recipe::numbers`], some at a time. Recipes of equal outcomes give pieces of equal sizes.
    ///
    /// # Errors
    /// As there; and each piece, if its numbers cannot be had.
    pub(crate) fn pieces(
        &self,
        weights: &Weights,
    ) -> Result<impl Iterator<Item = Result<Vec<f64>, RecipeError>>, RecipeError> {
        let count = self.shape(weights)?.iter().product();
        let stream = Stream::of(self, weights)?;
        Ok(ranges(count).map(move |range| stream.numbers(range)))
    }

    /// Whether the outcome is this number throughout, to the bit. It is followed no further than tells.
    pub(super) fn is_all(&self, number: f64, weights: &Weights) -> Result<bool, RecipeError> {
        for piece in self.pieces(weights)? {
            if piece?.iter().any(|value| value.to_bits() != number.to_bits()) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Carried {
    /// The bytes of a tensor that is computed, some at a time.
    ///
    /// # Errors
    /// If the recipe cannot be followed; and each piece, if its numbers have no place in the type.
    pub(super) fn pieces(
        &self,
        weights: &Weights,
    ) -> Result<impl Iterator<Item = Result<Vec<u8>, RecipeError>>, RecipeError> {
        Ok(self.recipe.pieces(weights)?.map(|piece| rounded(&piece?, self.dtype)))
    }

    /// Whether a tensor has the type, the sizes and the bytes that this one gets.
    ///
    /// # Errors
    /// As of [`Carried::bytes`], and if a file cannot be read any more.
    pub(super) fn is_same(&self, weights: &Weights, written: Tensor<'_>) -> Result<bool, RecipeError> {
        if let Some(copied) = self.copy_of(weights) {
            return Ok(written.is_same(find(weights, copied)?)?);
        }
        if (written.dtype(), written.shape()) != (self.dtype, self.shape.as_slice()) {
            return Ok(false);
        }
        let reader = written.reader();
        for (piece, range) in self.pieces(weights)?.zip(ranges(written.elements())) {
            if piece? != *reader.bytes(range)? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::tensors::{Dtype, Outgoing, TensorFile, safetensors_bytes};

    /// Two matrices of three by four and a row.
    fn weights() -> Weights {
        let numbers = |count: u8, first: f64| (0..count).map(move |at| f64::from(at) + first);
        let tensor = |name: &'static str, shape: [usize; 2], first: f64| {
            let numbers = numbers((shape[0] * shape[1]) as u8, first);
            let bytes: Vec<u8> = numbers.flat_map(f64::to_le_bytes).collect();
            Outgoing::new(name, Dtype::F64, shape, || Ok(Cow::Owned(bytes)))
        };
        let tensors = [tensor("a", [3, 4], 0.5), tensor("b", [3, 4], 100.25), tensor("row", [1, 4], -7.0)];
        let bytes = safetensors_bytes(tensors, &BTreeMap::new()).expect("three tensors");
        Weights::File(TensorFile::from_bytes("weights", bytes).expect("three tensors"))
    }

    /// Recipes of matrices of three by four.
    fn recipe() -> impl Strategy<Value = Recipe> {
        let leaf = prop_oneof![Just(Recipe::tensor("a")), Just(Recipe::tensor("b"))];
        leaf.prop_recursive(4, 16, 2, |inner| {
            let one = inner.clone();
            let two = (inner.clone(), inner);
            prop_oneof![
                (one.clone(), -3.0..3.0).prop_map(|(of, factor)| of.scaled(factor)),
                two.clone().prop_map(|(left, right)| left.plus(right)),
                // What is made as a whole, in other sizes.
                one.clone().prop_map(|of| {
                    let columns = of.reshaped([4, 3]).part(1, 0..2).reshaped([2, 4]);
                    Recipe::Joined { axis: 0, parts: vec![columns, Recipe::tensor("row")] }
                }),
                // The last two rows of one and the first of another.
                two.clone().prop_map(|(left, right)| Recipe::Joined {
                    axis: 0,
                    parts: vec![left.part(0, 1..3), right.part(0, 0..1)]
                }),
                two.prop_map(|(left, right)| Recipe::Joined {
                    axis: 1,
                    parts: vec![left.part(1, 1..4), right.part(1, 0..1)]
                }),
                // Along the second axis of a single row.
                one.prop_map(|of| {
                    let halves = [of.part(0, 0..1), Recipe::tensor("row")].map(|row| row.part(1, 2..4));
                    let row = Recipe::Joined { axis: 1, parts: halves.to_vec() };
                    Recipe::Joined { axis: 0, parts: vec![row.clone(), row.clone(), row] }
                }),
            ]
        })
    }

    #[test]
    fn what_cannot_be_joined_is_an_error() {
        let weights = weights();
        for (axis, parts) in [(7, vec![Recipe::tensor("row")]), (0, vec![]), (2, vec![Recipe::tensor("row"); 2])] {
            let joined = Recipe::Joined { axis, parts };
            assert!(joined.shape(&weights).is_err() && joined.numbers(&weights).is_err(), "{joined}");
            assert!(Stream::of(&joined, &weights).is_err(), "{joined}");
        }
    }

    proptest! {
        #[test]
        fn any_piece_is_a_piece_of_the_whole(recipe in recipe(), ends in [0_usize..=12, 0_usize..=12]) {
            let weights = weights();
            let range = ends[0].min(ends[1])..ends[0].max(ends[1]);
            let whole = recipe.numbers(&weights).expect("the sizes fit").values;
            let stream = Stream::of(&recipe, &weights).expect("the sizes fit");
            prop_assert_eq!(&stream.numbers(range.clone()).expect("the sizes fit"), &whole[range]);
        }
    }
}
