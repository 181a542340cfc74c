//! The bytes of a file, mapped or held.

use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io;
use std::ops::{Deref, Range};
use std::path::Path;

use memmap2::Mmap;

use super::error::{Cause, Fault};
use crate::files::{self, Found};

/// The bytes that are read at a time where a file is gone through: few enough to stay in a processor's cache.
pub(super) const PIECE: usize = 1 << 18;

/// All bytes of a file.
pub(super) enum Source {
    /// Mapped, for all that is looked at here and there; and the file, for all that is gone through. Mapped pages count
    /// as memory of the program as long as they are mapped, pieces do not.
    Mapped(Mmap, File),
    Held(Vec<u8>),
}

impl Source {
    /// Maps the file at `path`.
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        let file = match files::find(path)? {
            Found::File(_, 0) => return Ok(Self::Held(Vec::new())),
            Found::File(file, _) => file,
            Found::Folder => return Err(Cause::Unrecognised { known: Some("a folder") }.of_file()),
            Found::Special => return Err(Cause::NotAFile.of_file()),
        };
        // Adapters lie on disks where nothing else writes to them, and our own outputs are renamed into place, never
        // written over. A file that another program cuts short while we read ends this program with SIGBUS; one that
        // it changes gives changed bytes, which are only ever read as numbers and bytes, after all checks of structure.
        #[expect(unsafe_code, reason = "mapping is only sound if no one else changes the file; see above")]
        let mapped = unsafe { Mmap::map(&file) }?;
        Ok(Self::Mapped(mapped, file))
    }

    /// Gives the bytes of a range, piece by piece. All pieces but the last are of [`PIECE`] bytes, or there is one.
    pub(super) fn pieces(&self, range: Range<usize>, each: &mut dyn FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let Self::Mapped(mapped, file) = self else { return each(&self[range]) };
        let mut buffer = vec![0; range.len().min(PIECE)];
        let mut start = range.start;
        while start < range.end {
            let piece = &mut buffer[..(range.end - start).min(PIECE)];
            read_at(file, mapped, piece, start)?;
            each(piece)?;
            start += piece.len();
        }
        Ok(())
    }

    /// The bytes of a range, without mapping them.
    pub(super) fn read(&self, range: Range<usize>) -> io::Result<Cow<'_, [u8]>> {
        let Self::Mapped(mapped, file) = self else { return Ok(Cow::Borrowed(&self[range])) };
        let mut piece = vec![0; range.len()];
        read_at(file, mapped, &mut piece, range.start)?;
        Ok(Cow::Owned(piece))
    }

    /// Whether two ranges hold the same bytes.
    pub(super) fn is_same(
        &self,
        range: Range<usize>,
        other: &Self,
        other_range: Range<usize>,
    ) -> Result<bool, Unreadable> {
        if range.len() != other_range.len() {
            return Ok(false);
        }
        let mut at = other_range.start;
        let mut buffer = Vec::new();
        let mut is_same = true;
        let mut is_other = false;
        let read = self.pieces(range, &mut |piece| {
            let end = at + piece.len();
            is_same = is_same
                && match other {
                    Self::Held(bytes) => bytes[at..end] == *piece,
                    Self::Mapped(mapped, file) => {
                        buffer.resize(piece.len(), 0);
                        read_at(file, mapped, &mut buffer, at).inspect_err(|_| is_other = true)?;
                        buffer == piece
                    }
                };
            at = end;
            Ok(())
        });
        match read {
            Ok(()) => Ok(is_same),
            Err(error) => Err(Unreadable { is_other, error }),
        }
    }
}

/// That one of two files cannot be read any more.
pub(super) struct Unreadable {
    /// Whether it is the other.
    pub is_other: bool,
    /// What the system says.
    pub error: io::Error,
}

/// Fills a piece with the bytes from `start` on.
#[cfg(unix)]
fn read_at(file: &File, _: &Mmap, piece: &mut [u8], start: usize) -> io::Result<()> {
    use std::os::unix::fs::FileExt as _;
    file.read_exact_at(piece, start as u64)
}

#[cfg(not(unix))]
fn read_at(_: &File, mapped: &Mmap, piece: &mut [u8], start: usize) -> io::Result<()> {
    piece.copy_from_slice(&mapped[start..start + piece.len()]);
    Ok(())
}

impl Deref for Source {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(bytes, _) => bytes,
            Self::Held(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}
