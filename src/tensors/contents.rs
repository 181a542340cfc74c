//! What the reader of a format finds in a file.

use std::collections::BTreeMap;
use std::ops::Range;

use super::dtype::Dtype;
use super::layout::Layout;
use crate::value::Value;

/// What the reader of a format found.
#[derive(Debug, Default)]
pub(super) struct Contents {
    pub(super) metadata: BTreeMap<String, String>,
    /// The bytes of each storage, in the file.
    pub(super) storages: Vec<Range<usize>>,
    pub(super) entries: Vec<Entry>,
    pub(super) others: Vec<Other>,
    pub(super) big_endian: bool,
    /// The protocol of torch's pickle.
    pub(super) pickle_protocol: Option<u8>,
}

/// A name and where its tensor lies.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) dtype: Dtype,
    pub(super) storage: usize,
    pub(super) layout: Layout,
}

/// A value in the file that is no tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Other {
    /// Its name, made as those of tensors.
    pub name: String,
    /// The value. Types and devices of torch are their names, bytes are text with one character a byte; containers
    /// are listed only if they are empty.
    pub value: Value,
}
