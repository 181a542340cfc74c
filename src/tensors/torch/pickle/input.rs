//! The bytes of a pickle, taken one piece after the other.

use super::super::super::error::{Cause, Fault};
use super::MAX_TEXT;
use super::heap::{Heap, Text};

/// A place in a pickle.
pub(super) struct Input<'a> {
    /// The file up to the end of what may belong to the pickle.
    bytes: &'a [u8],
    /// Where the pickle begins.
    start: usize,
    /// The next byte.
    pub(super) at: usize,
}

impl<'a> Input<'a> {
    pub(super) fn new(bytes: &'a [u8], start: usize) -> Self {
        Self { bytes, start, at: start }
    }

    /// The next bytes.
    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], Fault> {
        let rest = &self.bytes[self.at..];
        let Some(taken) = rest.get(..length) else {
            return Err(Cause::Truncated { needed: length as u64, left: rest.len() as u64 }.at(self.at));
        };
        self.at += length;
        Ok(taken)
    }

    /// How many bytes are left.
    pub(super) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        Ok(self.take(N)?.try_into().expect("as many bytes were taken"))
    }

    pub(super) fn byte(&mut self) -> Result<u8, Fault> {
        Ok(self.array::<1>()?[0])
    }

    /// A length of one, four or eight bytes, and so many bytes.
    pub(super) fn counted<const N: usize>(&mut self) -> Result<Text, Fault> {
        let at = self.at;
        let mut length = [0; 8];
        length[..N].copy_from_slice(&self.array::<N>()?);
        let length = usize::try_from(u64::from_le_bytes(length)).unwrap_or(usize::MAX);
        if length > MAX_TEXT {
            return Err(Cause::Limit { what: "bytes of text", bound: MAX_TEXT as u64 }.at(at));
        }
        let start = self.at;
        self.take(length)?;
        self.span(start, length)
    }

    /// As [`Self::counted`], of UTF-8.
    pub(super) fn counted_text<const N: usize>(&mut self) -> Result<Text, Fault> {
        let text = self.counted::<N>()?;
        let start = self.at - text.len();
        match std::str::from_utf8(&self.bytes[start..self.at]) {
            Ok(_) => Ok(text),
            Err(error) => Err(Cause::malformed("text is not UTF-8").at(start + error.valid_up_to())),
        }
    }

    /// The characters up to the end of the line.
    pub(super) fn line(&mut self) -> Result<&'a str, Fault> {
        let start = self.at;
        let rest = &self.bytes[start..];
        let window = &rest[..rest.len().min(MAX_TEXT)];
        let Some(length) = window.iter().position(|byte| *byte == b'\n') else {
            return Err(Cause::Truncated { needed: rest.len() as u64 + 1, left: rest.len() as u64 }.at(start));
        };
        self.at += length + 1;
        std::str::from_utf8(&rest[..length]).map_err(|_| Cause::malformed("a name is not UTF-8").at(start))
    }

    fn span(&self, start: usize, length: usize) -> Result<Text, Fault> {
        Heap::span(start - self.start, length)
            .ok_or_else(|| Cause::Limit { what: "bytes of pickle", bound: u64::from(u32::MAX) }.at(start))
    }
}
