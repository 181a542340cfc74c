//! The pickle of a dict of tensors, protocol 2, in the opcodes that torch's own restricted reader knows.

use super::super::dtype::Dtype;
use super::super::layout::row_major;

/// The pickle so far.
pub(super) struct Pickle(Vec<u8>);

impl Pickle {
    /// Begins a dict.
    pub(super) fn new() -> Self {
        Self(b"\x80\x02}(".to_vec())
    }

    /// Ends it.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.0.extend_from_slice(b"u.");
        self.0
    }

    /// A tensor that fills the storage of this key.
    pub(super) fn tensor(&mut self, name: &str, dtype: Dtype, shape: &[usize], elements: usize, storage: &str) {
        self.text(name);
        // Types without a class of storages lie in storages of bytes, and say their type last.
        let class = dtype.torch_storage();
        self.global("torch._utils", if class.is_some() { "_rebuild_tensor_v2" } else { "_rebuild_tensor_v3" });
        self.0.extend_from_slice(b"((");
        self.text("storage");
        match class {
            Some(class) => self.global("torch", class),
            None => self.global("torch.storage", "UntypedStorage"),
        }
        self.text(storage);
        self.text("cpu");
        self.int(if class.is_some() { elements } else { elements * dtype.size() });
        self.0.extend_from_slice(b"tQ");
        self.int(0);
        self.sizes(shape);
        self.sizes(&row_major(shape).unwrap_or_default());
        // No gradient is required, and there are no hooks.
        self.0.push(0x89);
        self.global("collections", "OrderedDict");
        self.0.extend_from_slice(b")R");
        if class.is_none() {
            self.global("torch", dtype.name());
        }
        self.0.extend_from_slice(b"tR");
    }

    fn text(&mut self, text: &str) {
        self.0.push(b'X');
        self.0.extend_from_slice(&(text.len() as u32).to_le_bytes());
        self.0.extend_from_slice(text.as_bytes());
    }

    fn global(&mut self, module: &str, name: &str) {
        self.0.push(b'c');
        for part in [module, name] {
            self.0.extend_from_slice(part.as_bytes());
            self.0.push(b'\n');
        }
    }

    fn sizes(&mut self, sizes: &[usize]) {
        self.0.push(b'(');
        sizes.iter().for_each(|size| self.int(*size));
        self.0.push(b't');
    }

    fn int(&mut self, int: usize) {
        match (u8::try_from(int), i32::try_from(int)) {
            (Ok(int), _) => self.0.extend_from_slice(&[b'K', int]),
            (_, Ok(int)) => {
                self.0.push(b'J');
                self.0.extend_from_slice(&int.to_le_bytes());
            }
            // Nine bytes, so that the highest bit is no sign.
            _ => {
                self.0.extend_from_slice(&[0x8a, 9]);
                self.0.extend_from_slice(&(int as u64).to_le_bytes());
                self.0.push(0);
            }
        }
    }
}
