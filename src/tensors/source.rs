//! The bytes of a file, mapped or held.

use std::fmt;
use std::fs::File;
use std::ops::Deref;
use std::path::Path;

use memmap2::Mmap;

use super::error::{Cause, Fault};

/// All bytes of a file.
pub(super) enum Source {
    Mapped(Mmap),
    Held(Vec<u8>),
}

impl Source {
    /// Maps the file at `path`.
    pub(super) fn open(path: &Path) -> Result<Self, Fault> {
        // A pipe would keep us waiting as soon as it is opened.
        let metadata = std::fs::metadata(path)?;
        if metadata.is_dir() {
            return Err(Cause::Unrecognised { known: Some("a folder") }.of_file());
        }
        if !metadata.is_file() {
            return Err(Cause::NotAFile.of_file());
        }
        let file = File::open(path)?;
        if metadata.len() == 0 {
            return Ok(Self::Held(Vec::new()));
        }
        // Adapters lie on disks where nothing else writes to them, and our own outputs are renamed into place, never
        // written over. A file that another program cuts short while we read ends this program with SIGBUS; one that
        // it changes gives changed bytes, which are only ever read as numbers and bytes, after all checks of structure.
        #[expect(unsafe_code, reason = "mapping is only sound if no one else changes the file; see above")]
        let mapped = unsafe { Mmap::map(&file) }?;
        Ok(Self::Mapped(mapped))
    }
}

impl Deref for Source {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Self::Mapped(bytes) => bytes,
            Self::Held(bytes) => bytes,
        }
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.len())
    }
}
