//! Which format a file has, by its first bytes.

use std::fmt;

use super::error::{Cause, Fault};

/// A format of files of tensors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Hugging Face's safetensors.
    Safetensors,
    /// What `torch.save` writes since torch 1.6.
    TorchZip,
    /// What `torch.save` wrote before.
    TorchLegacy,
}

impl Format {
    /// The format that a file has which begins so, if it is one of them; a zip archive may also hold something else.
    #[must_use]
    pub fn of_start(bytes: &[u8]) -> Option<Self> {
        match bytes {
            _ if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") => Some(Self::TorchZip),
            // Eight bytes of a length that no pickle or archive begins with, and then JSON.
            _ if bytes.get(4..8) == Some(&[0; 4]) && bytes.get(8).is_none_or(|byte| *byte == b'{') => {
                Some(Self::Safetensors)
            }
            [0x80] | [0x80, 2..=5, ..] => Some(Self::TorchLegacy),
            _ => None,
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Safetensors => "safetensors",
            Self::TorchZip => "torch zip",
            Self::TorchLegacy => "torch legacy",
        })
    }
}

pub(crate) const LFS_POINTER: &[u8] = b"version https://git-lfs.github.com/spec";

/// What gzip begins with.
pub const GZIP: &[u8] = b"\x1f\x8b";

/// First bytes of files that are often found in place of tensors.
const OTHERS: [(&[u8], &str); 11] = [
    (GZIP, "a gzip archive"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (Keras)"),
    (b"GGUF", "a GGUF file (llama.cpp)"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x80\x00", "a pickle of an unknown protocol"),
    (b"{", "JSON text"),
    (b"<", "an XML file"),
];

/// The place of the word `ustar` in a tar archive.
const USTAR: std::ops::Range<usize> = 257..262;

/// The format of these bytes.
pub(super) fn recognise(bytes: &[u8]) -> Result<Format, Fault> {
    if bytes.is_empty() {
        return Err(Cause::Empty.of_file());
    }
    if bytes.starts_with(LFS_POINTER) {
        return Err(Cause::LfsPointer.of_file());
    }
    if let Some(format) = Format::of_start(bytes) {
        return Ok(format);
    }
    if is_web_page(bytes) {
        return Err(Cause::WebPage.of_file());
    }
    let known = OTHERS.iter().find(|(start, _)| bytes.starts_with(start)).map(|(_, name)| *name);
    let known = known.or_else(|| is_tar(bytes).then_some("a tar archive"));
    Err(Cause::Unrecognised { known }.of_file())
}

/// Whether these bytes begin a tar archive.
pub(crate) fn is_tar(bytes: &[u8]) -> bool {
    bytes.get(USTAR) == Some(b"ustar")
}

fn is_web_page(bytes: &[u8]) -> bool {
    let text = bytes.trim_ascii_start();
    [b"<!doctype html".as_slice(), b"<html"]
        .iter()
        .any(|start| text.get(..start.len()).is_some_and(|text| text.eq_ignore_ascii_case(start)))
}
