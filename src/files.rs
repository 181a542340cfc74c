//! Outputs that are there as a whole or not at all: written beside their place, synced, and then moved. And inputs, of
//! which nobody waits for one that is no file.

use std::collections::BTreeSet;
use std::fs::{self, File, Metadata};
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use tempfile::{NamedTempFile, TempDir};

/// Why something cannot be done with a file: what the system or a reader says of it, or a text.
pub(crate) type AnyError = Box<dyn std::error::Error + Send + Sync>;

/// What is at a path.
#[derive(Debug)]
pub enum Found {
    /// A regular file, open, and how many bytes it had when it was looked at.
    File(File, u64),
    /// A folder.
    Folder,
    /// A pipe, a device, or another thing that is not opened.
    Special,
}

/// Opens what is at a path if it is a regular file. A pipe would keep us waiting as soon as it is opened, so it is looked at
/// before.
///
/// # Errors
/// If there is nothing, or it may not be opened.
pub fn find(path: &Path) -> io::Result<Found> {
    let metadata = path.metadata()?;
    if metadata.is_dir() {
        return Ok(Found::Folder);
    }
    if !metadata.is_file() {
        return Ok(Found::Special);
    }
    Ok(Found::File(File::open(path)?, metadata.len()))
}

/// The same of a path at which a regular file was seen a moment ago, which then need not be looked for twice.
///
/// # Errors
/// If there is nothing any more, or it may not be opened.
pub fn find_seen(path: &Path) -> io::Result<Found> {
    let file = File::open(path)?;
    let metadata = file.metadata()?;
    Ok(if metadata.is_dir() {
        Found::Folder
    } else if metadata.is_file() {
        Found::File(file, metadata.len())
    } else {
        Found::Special
    })
}

/// Opens a regular file.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    match find(path)? {
        Found::File(file, _) => Ok(file),
        Found::Folder | Found::Special => Err(io::Error::new(io::ErrorKind::InvalidInput, "it is no regular file")),
    }
}

/// Reads a regular file of at most so many bytes. No more are read, whatever the system says of its size.
///
/// # Errors
/// If it cannot be read; of the kind `FileTooLarge` if it has more.
pub(crate) fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    open(path)?.take(most.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        let what = format!("it is larger than the limit of {most} bytes");
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, what));
    }
    Ok(bytes)
}

/// What to do with a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// Leave it, and fail.
    #[default]
    Refuse,
    /// Put the new one in its place.
    Overwrite,
}

/// What is said of an output that is there already, wherever it is said.
pub const EXISTS: &str = "it already exists; it is overwritten only on request (`--force`)";

/// Why weights are not written next to others.
pub(crate) const BESIDE_WEIGHTS: &str = "it would be next to the new weights, and a loader would take one or the other";

/// What the names of unfinished files and folders begin with.
const PREFIX: &str = ".adapter-lint-";

/// The files and folders that are not finished yet.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

/// Removes all files and folders that are being written, for a program that is told to stop. From then on none can be
/// begun or finished: the caller has to end the process.
pub fn abandon() {
    let unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
    for path in &*unfinished {
        // Whoever writes into a folder may put a new file there meanwhile.
        for _ in 0..10 {
            let removed = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
            if removed.is_ok() || path.symlink_metadata().is_err() {
                break;
            }
        }
    }
    std::mem::forget(unfinished);
}

/// What the system says of a file beside the one that is meant, without its name: nobody has heard of it.
fn unnamed(error: io::Error) -> io::Error {
    match error.kind() {
        kind @ io::ErrorKind::NotFound => io::Error::new(kind, "there is no such folder"),
        kind => kind.into(),
    }
}

/// A path that is one of the unfinished while this lives.
#[derive(Debug)]
struct Unfinished(PathBuf);

impl Unfinished {
    /// Makes a file or a folder that is one of them from the moment on that it is there.
    fn make<T>(make: impl FnOnce() -> io::Result<T>, path: impl FnOnce(&T) -> &Path) -> io::Result<(T, Self)> {
        let mut unfinished = UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner);
        let made = make()?;
        let path = path(&made).to_owned();
        unfinished.insert(path.clone());
        Ok((made, Self(path)))
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner).remove(&self.0);
    }
}

/// A folder beside the place that it, or what is in it, is meant for. It goes away again unless it is
/// [published](Self::publish).
#[derive(Debug)]
pub(crate) struct Scratch {
    inner: PathBuf,
    _outer: TempDir,
    _unfinished: Unfinished,
}

impl Scratch {
    /// Makes one in a folder.
    ///
    /// # Errors
    /// If it cannot be made; the error does not name it, as nobody has heard of it.
    pub(crate) fn new(parent: &Path) -> io::Result<Self> {
        let make = || tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent);
        let (outer, _unfinished) = Unfinished::make(make, TempDir::path).map_err(unnamed)?;
        // The outer one may be only for its owner to read.
        let inner = outer.path().join("new");
        fs::create_dir(&inner)?;
        Ok(Self { inner, _outer: outer, _unfinished })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.inner
    }

    /// Moves the folder as a whole to a place where there is none, or an empty one.
    ///
    /// # Errors
    /// If it cannot be moved.
    pub(crate) fn publish(self, to: &Path) -> io::Result<()> {
        fs::rename(&self.inner, to)?;
        sync_folder(folder(to))
    }
}

/// A file beside the place that it is meant for. It goes away again unless it is [published](Self::publish).
#[derive(Debug)]
pub struct Beside {
    file: NamedTempFile,
    target: PathBuf,
    before: Option<Metadata>,
    unfinished: Unfinished,
}

impl Beside {
    /// Opens a file in the folder of `path`. A link is followed to the file it means.
    ///
    /// # Errors
    /// If there is something at the place that is no regular file, or none can be made beside it.
    pub fn new(path: &Path) -> io::Result<Self> {
        let target = target(path)?;
        let before = target.metadata().ok();
        if before.as_ref().is_some_and(|metadata| !metadata.is_file()) {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"));
        }
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            // What other new files get, less what the system's mask takes; and never more than the file that is replaced.
            let mode = before.as_ref().map_or(0o666, |before| before.permissions().mode() & 0o666);
            builder.permissions(fs::Permissions::from_mode(mode));
        }
        let make = || builder.prefix(PREFIX).tempfile_in(folder(&target));
        let (file, unfinished) = Unfinished::make(make, NamedTempFile::path).map_err(unnamed)?;
        Ok(Self { file, target, before, unfinished })
    }

    /// Where the bytes go.
    #[must_use]
    pub fn file(&self) -> &File {
        self.file.as_file()
    }

    /// The file opened once more, to be read while it is written.
    ///
    /// # Errors
    /// If the system refuses.
    pub(crate) fn reopen(&self) -> io::Result<File> {
        self.file.reopen()
    }

    /// The file that is meant, links followed.
    #[must_use]
    pub fn target(&self) -> &Path {
        &self.target
    }

    /// Moves the file to its place, with the permissions of the one that it replaces.
    ///
    /// # Errors
    /// If it cannot be moved; of the kind `AlreadyExists` if there is one and `existing` refuses that.
    pub fn publish(self, existing: Existing) -> io::Result<()> {
        // Its name may go to another file as soon as it is at its place.
        let Self { file, target, before, unfinished: _unfinished } = self;
        if let Some(before) = before {
            keep_owner(file.path(), &before);
            file.as_file().set_permissions(before.permissions())?;
        }
        file.as_file().sync_all()?;
        match existing {
            Existing::Refuse => file.persist_noclobber(&target),
            Existing::Overwrite => file.persist(&target),
        }
        .map_err(|error| error.error)?;
        sync_folder(folder(&target))
    }
}

impl Write for Beside {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// Puts a text in its place, or writes it new.
///
/// # Errors
/// As [`Beside::new`] and [`Beside::publish`].
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut beside = Beside::new(path)?;
    beside.write_all(bytes)?;
    beside.publish(Existing::Overwrite)
}

/// What is said of a file that is not what it was when it was read.
pub(crate) const CHANGED: &str = "it was changed by someone else in the meantime";

/// Gives a file another text, if it still has the one that was read.
///
/// # Errors
/// As [`replace`]; and if the file is read-only, or has another text by now.
pub fn rewrite(path: &Path, before: &[u8], after: &[u8]) -> io::Result<()> {
    let (target, _) = changeable(path)?;
    let mut beside = Beside::new(&target)?;
    beside.write_all(after)?;
    if fs::read(&target)? != before {
        return Err(io::Error::other(CHANGED));
    }
    beside.publish(Existing::Overwrite)
}

/// The file that a path means, and what the system knows of it, if it may be changed. A move could replace one that is
/// read-only.
pub(crate) fn changeable(path: &Path) -> io::Result<(PathBuf, Metadata)> {
    let target = target(path)?;
    let metadata = target.metadata()?;
    if metadata.permissions().readonly() {
        return Err(io::Error::new(io::ErrorKind::PermissionDenied, "it is read-only"));
    }
    Ok((target, metadata))
}

/// Moves a file that is written already to its place, which may be a link, with the permissions of the one that it
/// replaces.
///
/// # Errors
/// As [`Beside::publish`].
pub(crate) fn publish(from: &Path, to: &Path, existing: Existing) -> io::Result<()> {
    let to = target(to)?;
    if let Ok(before) = to.metadata() {
        keep_owner(from, &before);
        fs::set_permissions(from, before.permissions())?;
    }
    let file = tempfile::TempPath::try_from_path(from)?;
    match existing {
        Existing::Refuse => file.persist_noclobber(&to).map_err(|error| error.error),
        Existing::Overwrite => file.persist(&to).map_err(|error| error.error),
    }?;
    sync_folder(folder(&to))
}

/// The file that a path means: that at the end of a link.
pub(crate) fn target(path: &Path) -> io::Result<PathBuf> {
    match path.symlink_metadata() {
        Ok(metadata) if metadata.is_symlink() => path.canonicalize(),
        _ => Ok(path.to_owned()),
    }
}

pub(crate) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Gives a file the owner and group of another. Who may not do so owns both anyway, or makes the file their own, as
/// editors do.
fn keep_owner(path: &Path, like: &Metadata) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt as _, chown};
        let _ = chown(path, Some(like.uid()), Some(like.gid()));
    }
    #[cfg(not(unix))]
    let _ = (path, like);
}

/// Makes the move itself last. Only systems where folders can be opened have this to do; where this one may not be, or its
/// file system knows no such thing, the file is in its place all the same.
fn sync_folder(folder: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if matches!(error.kind(), InvalidInput | PermissionDenied | Unsupported) => Ok(()),
        synced => synced,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_as_a_whole_or_not_at_all() {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let path = folder.path().join("out");
        let mut beside = Beside::new(&path).expect("the folder can be written to");
        beside.write_all(b"half").expect("the disk has room");
        drop(beside);
        assert_eq!(fs::read_dir(folder.path()).expect("it is a folder").count(), 0);
        replace(&path, b"one").expect("it is new");
        replace(&path, b"two").expect("it may be replaced");
        let beside = Beside::new(&path).expect("it is a file");
        let error = beside.publish(Existing::Refuse).expect_err("it is there");
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(fs::read(&path).expect("it is there"), b"two");
        assert!(Beside::new(folder.path()).is_err());
    }

    #[test]
    fn only_what_was_read_is_written_over() {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let path = folder.path().join("text");
        fs::write(&path, "one").expect("the disk has room");
        rewrite(&path, b"one", b"two").expect("it has the text");
        let error = rewrite(&path, b"one", b"three").expect_err("it has another text");
        assert_eq!((error.to_string().as_str(), fs::read(&path).expect("it is there")), (CHANGED, b"two".to_vec()));
        let mut permissions = path.metadata().expect("it is there").permissions();
        permissions.set_readonly(true);
        fs::set_permissions(&path, permissions).expect("it is ours");
        let error = rewrite(&path, b"two", b"three").expect_err("it is read-only");
        assert_eq!(error.kind(), io::ErrorKind::PermissionDenied);
        assert_eq!(fs::read_dir(folder.path()).expect("it is a folder").count(), 1);
    }

    #[test]
    fn only_regular_files_are_read_and_no_more_than_is_asked_for() {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let path = folder.path().join("in");
        fs::write(&path, "0123").expect("the disk has room");
        assert_eq!(read(&path, 3).expect_err("it has more").kind(), io::ErrorKind::FileTooLarge);
        assert_eq!(read(&path, 4).expect("it is a file"), b"0123");
        assert!(open(folder.path()).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a scratch folder");
        let [file, link] = ["file", "link"].map(|name| folder.path().join(name));
        fs::write(&file, "one").expect("the disk has room");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("it is ours");
        std::os::unix::fs::symlink(&file, &link).expect("links can be made");
        let beside = Beside::new(&link).expect("it is a file");
        let mode = beside.file().metadata().expect("it is open").permissions().mode();
        assert_eq!(mode & 0o007, 0, "nobody else may read what is to replace it");
        drop(beside);
        replace(&link, b"two").expect("it may be replaced");
        assert!(link.is_symlink());
        assert_eq!(fs::read(&file).expect("it is there"), b"two");
        assert_eq!(file.metadata().expect("it is there").permissions().mode() & 0o777, 0o640);
    }
}
