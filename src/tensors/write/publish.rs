//! Files of tensors that are there as a whole or not at all.

use std::fs::File;
use std::io::{self, BufWriter, ErrorKind, Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use super::super::error::{Cause, Fault, TensorError};
use super::super::source::PIECE;
use crate::files::{Beside, Existing};

/// Bytes that are gathered before they are written. Pieces of tensors are as long, and are written as they are.
const BUFFER: usize = PIECE;

/// Bytes after which the disk is told to take what is written so far.
const STRETCH: usize = 32 << 20;

/// Lets `write` fill a file beside `path`, and moves it there.
pub(super) fn publish<T>(
    path: &Path,
    existing: Existing,
    write: impl FnOnce(&mut BufWriter<Synced<'_>>) -> Result<T, Fault>,
) -> Result<T, TensorError> {
    published(path, existing, write).map_err(|fault| fault.in_file(&path.display().to_string()))
}

fn published<T>(
    path: &Path,
    existing: Existing,
    write: impl FnOnce(&mut BufWriter<Synced<'_>>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    // Asked for here so that no work is done in vain; what counts is the answer when the file is moved.
    if existing == Existing::Refuse && path.symlink_metadata().is_ok() {
        return Err(Cause::Exists.of_file());
    }
    // A pipe or a device is nothing to put a file in the place of.
    if path.metadata().is_ok_and(|metadata| !metadata.is_file()) {
        return Err(Cause::NotAFile.of_file());
    }
    let beside = Beside::new(path)?;
    let mut out = BufWriter::with_capacity(BUFFER, Synced::new(&beside));
    let written = write(&mut out)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?;
    match beside.publish(existing) {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(Cause::Exists.of_file()),
        moved => Ok(moved.map(|()| written)?),
    }
}

/// A file that goes to the disk while it is written. The system would begin when much is waiting, or when it is asked
/// at the end, and writing and the disk would then wait for each other.
pub(super) struct Synced<'a> {
    beside: &'a Beside,
    /// Bytes since the disk was last told.
    waiting: usize,
    syncing: Option<Syncing>,
}

struct Syncing {
    tell: SyncSender<()>,
    thread: JoinHandle<io::Result<()>>,
}

impl<'a> Synced<'a> {
    fn new(beside: &'a Beside) -> Self {
        Self { beside, waiting: 0, syncing: None }
    }

    /// The file once more, to be read while it is written.
    pub(super) fn reopen(&self) -> io::Result<File> {
        self.beside.reopen()
    }

    fn tell(&mut self) -> io::Result<()> {
        let syncing = match self.syncing.take() {
            Some(syncing) => syncing,
            None => Syncing::start(self.beside.file().try_clone()?)?,
        };
        // Whoever is told already takes these bytes too; whoever has failed says so at the end.
        let _ = syncing.tell.try_send(());
        self.syncing = Some(syncing);
        Ok(())
    }

    /// Waits for the thread. What failed there is told to nobody else.
    fn finish(self) -> io::Result<()> {
        let Some(Syncing { tell, thread }) = self.syncing else { return Ok(()) };
        drop(tell);
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread that writes to disk has failed")))
    }
}

impl Syncing {
    fn start(file: File) -> io::Result<Self> {
        let (tell, told) = sync_channel(1);
        let thread = std::thread::Builder::new().spawn(move || told.iter().try_for_each(|()| file.sync_data()))?;
        Ok(Self { tell, thread })
    }
}

impl Write for Synced<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.beside.file().write(bytes)?;
        self.waiting += written;
        if self.waiting >= STRETCH {
            self.waiting = 0;
            self.tell()?;
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.beside.file().flush()
    }
}

impl Seek for Synced<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.beside.file().seek(to)
    }
}
