//! Tensors as a pickle describes them. What torch's own functions do with their arguments, without calling them.

use std::collections::HashMap;
use std::sync::Arc;

use super::super::dtype::Dtype;
use super::super::error::{Cause, Fault};
use super::super::layout::{Layout, MAX_DIMENSIONS};
use super::globals::{Global, Known};
use super::pickle::{Heap, Host, Item, Object};

/// The most tensors and storages of one file.
const MAX_TENSORS: usize = 1 << 18;

/// What a pickle says of storages and tensors.
#[derive(Debug, Default)]
pub(super) struct Rebuilt {
    pub(super) storages: Vec<StorageClaim>,
    by_key: HashMap<String, u32>,
    tensors: Vec<TensorClaim>,
}

/// A storage that the pickle says is there.
#[derive(Debug)]
pub(super) struct StorageClaim {
    pub(super) key: String,
    /// The type of the elements; none for bytes.
    dtype: Option<Dtype>,
    /// How many elements there are said to be.
    elements: usize,
}

/// A tensor that the pickle says lies in a storage.
#[derive(Debug, Clone)]
struct TensorClaim {
    storage: u32,
    dtype: Dtype,
    offset: usize,
    shape: Arc<[usize]>,
    strides: Arc<[usize]>,
}

impl StorageClaim {
    /// The bytes of one element.
    pub(super) fn element(&self) -> usize {
        self.dtype.map_or(1, Dtype::size)
    }

    /// The bytes it is said to have.
    pub(super) fn bytes(&self) -> Result<usize, Fault> {
        let bytes = self.elements.checked_mul(self.element());
        bytes.ok_or_else(|| Cause::malformed("a storage is too large to be counted").of_record(&self.key))
    }

    pub(super) fn elements(&self) -> usize {
        self.elements
    }
}

impl Rebuilt {
    /// The number of the storage of this key.
    pub(super) fn storage(&self, key: &str) -> Option<usize> {
        self.by_key.get(key).map(|index| *index as usize)
    }

    /// The type, storage and layout of a tensor, given the bytes of each storage.
    pub(super) fn layout(&self, tensor: u32, storages: &[usize]) -> Result<(Dtype, usize, Layout), Cause> {
        let TensorClaim { storage, dtype, offset, shape, strides } = self.tensors[tensor as usize].clone();
        let storage = storage as usize;
        let layout = Layout::new(offset, shape, strides, dtype.size(), storages[storage])?;
        Ok((dtype, storage, layout))
    }

    fn add(&mut self, claim: TensorClaim) -> Result<Item, Cause> {
        if self.tensors.len() >= MAX_TENSORS {
            return Err(Cause::Limit { what: "tensors", bound: MAX_TENSORS as u64 });
        }
        self.tensors.push(claim);
        Ok(Item::Tensor((self.tensors.len() - 1) as u32))
    }

    /// `_rebuild_tensor(storage, offset, size, stride)`, to which later versions added arguments; the type of the
    /// elements is that of the storage if not given.
    fn tensor(&mut self, heap: &Heap<'_>, arguments: &[Item], dtype: Option<Dtype>) -> Result<Item, Cause> {
        let [storage, offset, shape, strides, ..] = arguments else {
            return Err(wrong_arguments(Known::RebuildTensor));
        };
        let Item::Storage(storage) = *storage else {
            return Err(Cause::malformed("a tensor is made of something other than a storage"));
        };
        let dtype = dtype.or(self.storages[storage as usize].dtype).unwrap_or(Dtype::U8);
        let claim = TensorClaim {
            storage,
            dtype,
            offset: size(*offset)?,
            shape: sizes(heap, *shape)?,
            strides: sizes(heap, *strides)?,
        };
        self.add(claim)
    }
}

impl Host for Rebuilt {
    fn global(&mut self, module: &str, name: &str) -> Result<Global, Cause> {
        Global::find(module, name)
    }

    fn call(&mut self, heap: &mut Heap<'_>, callable: Global, arguments: &[Item]) -> Result<Item, Cause> {
        let Global::Known(known) = callable else {
            return Err(Cause::unsupported(format!("a call of `{}`", callable.describe())));
        };
        match (known, arguments) {
            (Known::OrderedDict, []) => Ok(heap.add(Object::Dict(Vec::new()))),
            (Known::OrderedDict, [pairs]) => ordered_dict(heap, *pairs),
            (Known::Set | Known::Size, []) => Ok(heap.add(Object::Tuple(Vec::new()))),
            (Known::Set | Known::Size, [items]) => {
                let items = heap.copy(*items)?.ok_or_else(|| wrong_arguments(known))?;
                Ok(heap.add(Object::Tuple(items)))
            }
            // Text of bytes, the name of a layout, and that of a device, which may have a number.
            (Known::Encode, [text, _]) | (Known::Layout | Known::Device, [text]) | (Known::Device, [text, _]) => {
                Ok(*text)
            }
            (Known::RebuildTensor, [_, _, _, _]) | (Known::RebuildTensorV2, [_, _, _, _, _, _]) => {
                self.tensor(heap, arguments, None)
            }
            (Known::RebuildTensorV2, [_, _, _, _, _, _, bits]) => {
                plain_bits(heap, *bits)?;
                self.tensor(heap, arguments, None)
            }
            (Known::RebuildTensorV3, [_, _, _, _, _, _, Item::Global(Global::Dtype(dtype)), bits @ ..])
                if bits.len() < 2 =>
            {
                bits.iter().try_for_each(|bits| plain_bits(heap, *bits))?;
                self.tensor(heap, arguments, Some(*dtype))
            }
            (Known::RebuildParameter, [tensor @ Item::Tensor(_), _, _])
            | (Known::RebuildParameterWithState, [tensor @ Item::Tensor(_), _, _, _])
            | (Known::Parameter, [tensor @ Item::Tensor(_), ..]) => Ok(*tensor),
            (
                Known::RebuildFromType,
                [function @ Item::Global(_), Item::Global(Global::Known(Known::Tensor | Known::Parameter)), inner, _],
            ) => {
                let Item::Global(function) = *function else { return Err(wrong_arguments(known)) };
                if function == callable {
                    return Err(wrong_arguments(known));
                }
                let inner = heap.arguments(*inner)?;
                self.call(heap, function, &inner)
            }
            _ => Err(wrong_arguments(known)),
        }
    }

    /// `("storage", class, key, location, elements)`; before torch 1.6 with a view at the end, which is `None`.
    fn persistent(&mut self, heap: &Heap<'_>, id: Item) -> Result<Item, Cause> {
        let items = heap.tuple(id).ok_or_else(|| Cause::malformed("the id of a storage is not a tuple"))?;
        let kind = items.first().and_then(|kind| heap.text(*kind));
        let (class, key, elements) = match (kind, items) {
            (Some("storage"), [_, class, key, _, elements] | [_, class, key, _, elements, Item::None]) => {
                (*class, *key, *elements)
            }
            (Some("storage"), [_, _, _, _, _, _]) => return Err(Cause::unsupported("a view of a storage (torch 0.1)")),
            (Some("module"), _) => return Err(Cause::unsupported("a whole module, with its code")),
            _ => return Err(Cause::malformed("the id of a storage does not have the right parts")),
        };
        let (Item::Global(Global::Storage(dtype)), Some(key)) = (class, heap.text(key)) else {
            return Err(Cause::malformed("the id of a storage does not have the right parts"));
        };
        let elements = size(elements)?;
        if let Some(&index) = self.by_key.get(key) {
            let known = &self.storages[index as usize];
            return if (known.dtype, known.elements) == (dtype, elements) {
                Ok(Item::Storage(index))
            } else {
                Err(Cause::malformed(format!("storage `{key}` is described in two different ways")))
            };
        }
        if self.storages.len() >= MAX_TENSORS {
            return Err(Cause::Limit { what: "storages", bound: MAX_TENSORS as u64 });
        }
        let index = self.storages.len() as u32;
        self.by_key.insert(key.to_owned(), index);
        self.storages.push(StorageClaim { key: key.to_owned(), dtype, elements });
        Ok(Item::Storage(index))
    }
}

fn wrong_arguments(known: Known) -> Cause {
    Cause::malformed(format!("`{}` is given arguments that it does not accept", known.name()))
}

/// The pairs that Python 2 gives an `OrderedDict`.
fn ordered_dict(heap: &mut Heap<'_>, pairs: Item) -> Result<Item, Cause> {
    let copied = heap.copy(pairs)?;
    let pair = |item: &Item| match heap.sequence(*item) {
        Some([key, value]) => Some((*key, *value)),
        _ => None,
    };
    let pairs = copied.and_then(|pairs| pairs.iter().map(pair).collect());
    Ok(heap.add(Object::Dict(pairs.ok_or_else(|| wrong_arguments(Known::OrderedDict))?)))
}

/// A tensor whose elements are to be read as negated or conjugated says so here.
fn plain_bits(heap: &Heap<'_>, bits: Item) -> Result<(), Cause> {
    match (bits, heap.object(bits)) {
        (Item::None, _) => Ok(()),
        (_, Some(Object::Dict(bits))) if bits.iter().all(|(_, is_set)| *is_set == Item::Bool(false)) => Ok(()),
        _ => Err(Cause::unsupported("a tensor with its conjugate or negative bit set")),
    }
}

fn size(item: Item) -> Result<usize, Cause> {
    match item {
        Item::Int(size) => usize::try_from(size).map_err(|_| Cause::malformed(format!("a size or stride is {size}"))),
        Item::LongInt(_) => Err(Cause::ShapeTooLarge),
        _ => Err(Cause::malformed("a size or stride is not an integer")),
    }
}

fn sizes(heap: &Heap<'_>, item: Item) -> Result<Arc<[usize]>, Cause> {
    let items = heap.sequence(item).ok_or_else(|| Cause::malformed("the shape or strides are not a tuple"))?;
    if items.len() > MAX_DIMENSIONS {
        return Err(Cause::Limit { what: "dimensions", bound: MAX_DIMENSIONS as u64 });
    }
    items.iter().map(|item| size(*item)).collect()
}
