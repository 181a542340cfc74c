//! Where the elements of a tensor lie in its storage.

use std::sync::Arc;

use super::error::Cause;

/// The most dimensions of a tensor, which is torch's own bound.
pub(super) const MAX_DIMENSIONS: usize = 64;

/// A tensor that repeats its elements (a stride of 0) may be larger than its storage, up to so many bytes.
pub(super) const MAX_EXPANDED_BYTES: usize = 64 << 20;

/// Offset, shape and strides, counted in elements. Every element lies within the storage, and no two that differ in
/// an index with a stride other than 0 lie at one place. All names of a tensor share its sizes and strides.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Layout {
    pub(super) offset: usize,
    pub(super) shape: Arc<[usize]>,
    pub(super) strides: Arc<[usize]>,
}

impl Layout {
    /// The layout, if it fits a storage of so many bytes.
    pub(super) fn new(
        offset: usize,
        shape: impl Into<Arc<[usize]>>,
        strides: impl Into<Arc<[usize]>>,
        element: usize,
        storage: usize,
    ) -> Result<Self, Cause> {
        let layout = Self { offset, shape: shape.into(), strides: strides.into() };
        if layout.shape.len() > MAX_DIMENSIONS {
            return Err(Cause::Limit { what: "dimensions", bound: MAX_DIMENSIONS as u64 });
        }
        if layout.strides.len() != layout.shape.len() {
            return Err(Cause::malformed(format!(
                "{} sizes, but {} strides",
                layout.shape.len(),
                layout.strides.len()
            )));
        }
        let elements = count(&layout.shape).ok_or(Cause::ShapeTooLarge)?;
        let bytes = elements.checked_mul(element).ok_or(Cause::ShapeTooLarge)?;
        if elements == 0 {
            return Ok(layout);
        }
        let needed = layout.end().and_then(|end| end.checked_mul(element)).ok_or(Cause::ShapeTooLarge)?;
        if needed > storage {
            return Err(Cause::StorageTooShort { needed: needed as u64, held: storage as u64 });
        }
        if !layout.is_apart() {
            return Err(Cause::Overlapping);
        }
        if bytes > storage.max(MAX_EXPANDED_BYTES) {
            return Err(Cause::Limit { what: "bytes in an expanded tensor", bound: MAX_EXPANDED_BYTES as u64 });
        }
        Ok(layout)
    }

    /// A tensor that fills its storage in order.
    pub(super) fn contiguous(shape: Vec<usize>, element: usize, storage: usize) -> Result<Self, Cause> {
        let strides = row_major(&shape).ok_or(Cause::ShapeTooLarge)?;
        Self::new(0, shape, strides, element, storage)
    }

    /// How many elements there are.
    pub(super) fn elements(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether the elements follow each other in order.
    pub(super) fn is_contiguous(&self) -> bool {
        self.elements() == 0 || self.run().0 == 0
    }

    /// One past the last element, in the storage.
    fn end(&self) -> Option<usize> {
        let steps = self.shape.iter().zip(&*self.strides);
        steps
            .map(|(size, stride)| (size - 1).checked_mul(*stride))
            .try_fold(self.offset.checked_add(1)?, |end, step| end.checked_add(step?))
    }

    /// Whether each dimension steps over all that the smaller ones span. Every slice and transposition of a tensor
    /// does; overlapping windows do not.
    fn is_apart(&self) -> bool {
        let mut steps: Vec<_> =
            self.strides.iter().zip(&*self.shape).filter(|(stride, size)| **size > 1 && **stride > 0).collect();
        steps.sort_unstable();
        let mut span = 0;
        steps.into_iter().all(|(stride, size)| {
            let is_apart = *stride > span;
            span += (size - 1) * stride;
            is_apart
        })
    }

    /// The number of leading dimensions that are not in order, and the elements of the rest, which are.
    fn run(&self) -> (usize, usize) {
        let mut run = 1;
        for (index, (size, stride)) in self.shape.iter().zip(&*self.strides).enumerate().rev() {
            if *size != 1 && *stride != run {
                return (index + 1, run);
            }
            run *= size;
        }
        (0, run)
    }

    /// Writes the elements of `storage` in order.
    pub(super) fn gather(&self, storage: &[u8], element: usize) -> Vec<u8> {
        let elements = self.elements();
        let mut gathered = Vec::with_capacity(elements * element);
        if elements == 0 {
            return gathered;
        }
        let (outer, run) = self.run();
        let outer: Vec<_> = self.shape.iter().zip(&*self.strides).take(outer).filter(|(size, _)| **size > 1).collect();
        let mut index = vec![0; outer.len()];
        let mut at = self.offset;
        loop {
            gathered.extend_from_slice(&storage[at * element..(at + run) * element]);
            let mut dimension = outer.len();
            loop {
                if dimension == 0 {
                    return gathered;
                }
                dimension -= 1;
                let (size, stride) = outer[dimension];
                index[dimension] += 1;
                if index[dimension] < *size {
                    at += stride;
                    break;
                }
                at -= stride * (size - 1);
                index[dimension] = 0;
            }
        }
    }
}

/// The elements of a shape, if they can be counted. A size of 0 does not excuse the others from being countable.
pub(super) fn count(shape: &[usize]) -> Option<usize> {
    let counted = shape.iter().try_fold(1_usize, |product, size| product.checked_mul((*size).max(1)))?;
    if isize::try_from(counted).is_err() {
        return None;
    }
    Some(if shape.contains(&0) { 0 } else { counted })
}

/// The strides of elements that follow each other, the last index running fastest.
pub(super) fn row_major(shape: &[usize]) -> Option<Vec<usize>> {
    let mut strides = vec![1_usize; shape.len()];
    for index in (1..shape.len()).rev() {
        strides[index - 1] = strides[index].checked_mul(shape[index].max(1))?;
    }
    Some(strides)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    /// The places of all elements in order, by the definition of strides.
    fn places(layout: &Layout) -> Vec<usize> {
        let mut places = vec![layout.offset];
        for (size, stride) in layout.shape.iter().zip(&*layout.strides) {
            places = places.iter().flat_map(|place| (0..*size).map(move |index| place + index * stride)).collect();
        }
        places
    }

    proptest! {
        #[test]
        fn gathers_what_the_strides_say(
            dimensions in prop::collection::vec((0_usize..4, 0_usize..12), 0..4),
            offset in 0_usize..8,
            storage in 0_u8..80,
        ) {
            let bytes: Vec<u8> = (0..storage * 2).collect();
            let (shape, strides): (Vec<_>, Vec<_>) = dimensions.into_iter().unzip();
            let Ok(layout) = Layout::new(offset, shape, strides, 2, bytes.len()) else { return Ok(()) };
            let places = places(&layout);
            let expected: Vec<u8> = places.iter().flat_map(|place| [2 * *place as u8, 2 * *place as u8 + 1]).collect();
            prop_assert_eq!(layout.gather(&bytes, 2), expected);
            let in_order = places.windows(2).all(|pair| pair[0] + 1 == pair[1]);
            prop_assert_eq!(layout.is_contiguous(), in_order);
            if !layout.strides.contains(&0) {
                prop_assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), places.len());
            }
        }

        #[test]
        fn slices_and_transpositions_of_a_tensor_are_apart(
            sizes in prop::collection::vec((1_usize..4, 1_usize..4), 0..4),
            turn in any::<prop::sample::Index>(),
        ) {
            let whole: Vec<_> = sizes.iter().map(|(size, step)| size * step).collect();
            let strides = row_major(&whole).expect("the sizes are small");
            let mut dimensions: Vec<_> =
                sizes.iter().zip(strides).map(|((size, step), stride)| (*size, stride * step)).collect();
            if !dimensions.is_empty() {
                let first = turn.index(dimensions.len());
                dimensions.rotate_left(first);
            }
            let (shape, strides): (Vec<_>, Vec<_>) = dimensions.into_iter().unzip();
            let storage = whole.iter().product::<usize>();
            prop_assert!(Layout::new(0, shape, strides, 1, storage).is_ok());
        }
    }
}
