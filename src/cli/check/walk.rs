//! Files and folders that were named, as one sorted stream of files.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::vec;

use adapter_spec::checkpoint::Container;
use adapter_spec::dialects::adapterhub::checkpoint::Role;
use adapter_spec::document::Format;
use adapter_spec::{dialects, lint};
use anyhow::anyhow;

use crate::cli::input::{format_of, is_weights};
use crate::cli::subcommands;

/// JSON files of a folder whose name says nothing are not read if they are larger: they are vocabularies and the like.
const MAX_STRANGER: u64 = 1 << 20;

/// How deep below a folder that was named a file is in an adapter of its own.
const NEAR: usize = 2;

/// Endings of archives.
const ARCHIVES: [&str; 4] = [".zip", ".tar", ".tar.gz", ".tgz"];

/// A file that is to be judged.
#[derive(Debug)]
pub(super) struct Input {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Whether the user named it, rather than a folder or an archive that it is in.
    pub(super) named: bool,
    /// Whether it is the only path that the user named.
    pub(super) alone: bool,
    /// Whether it is in a folder that was named or right in a folder there, as adapters are; what lies deeper is a
    /// collection of something.
    pub(super) near: bool,
    /// Whether it was seen to be a regular file, or a link to one.
    pub(super) is_file: bool,
    /// It is read only if it has at most so many bytes: where its name says nothing, a large one is something else.
    pub(super) at_most: u64,
    /// The archive that it is in, and its name there.
    pub(super) inside: Option<(Arc<Container>, String)>,
    /// Why there is nothing to read, where a link in a folder leads nowhere.
    pub(super) dangling: Option<String>,
}

/// The files behind some paths, sorted, each once; and what could not be looked at. Of a folder only the names that lie
/// beside the one at hand are kept.
pub(super) struct Walk {
    sources: BinaryHeap<Reverse<Source>>,
    failures: VecDeque<anyhow::Error>,
    folders: Vec<PathBuf>,
    /// The file that came last, where several paths were named, which may lead to the same files.
    last: Option<PathBuf>,
    is_one: bool,
}

impl Walk {
    pub(super) fn new(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let (sources, failures) = (BinaryHeap::new(), VecDeque::new());
        let mut walk = Self { sources, failures, folders: Vec::new(), last: None, is_one: false };
        let mut paths = paths.into_iter().peekable();
        let first = paths.next();
        walk.is_one = paths.peek().is_none();
        let mut alone = Vec::new();
        for path in first.into_iter().chain(paths) {
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => {
                    walk.advance(files(&path));
                    walk.folders.push(path);
                }
                Ok(_) if is_archive(&path) => walk.open_named(&path),
                Ok(metadata) => alone.push((path, metadata.is_file())),
                Err(error) => walk.failures.push_back(missing(&path, error)),
            }
        }
        // Thousands may be named; all of them are one source.
        alone.sort_unstable_by(|(a, _), (b, _)| plain(a).cmp(plain(b)));
        walk.advance_named(alone.into_iter());
        walk
    }

    /// The folders among the paths that were named.
    pub(super) fn folders(&self) -> &[PathBuf] {
        &self.folders
    }

    /// Puts what is in an archive that was named in line.
    fn open_named(&mut self, path: &Path) {
        match Container::archive(path) {
            Ok(container) if container.names().iter().any(|name| is_ours(Path::new(name))) => {
                self.enter(path, container);
            }
            Ok(_) => self.failures.push_back(anyhow!("{}: it contains no adapter", path.display())),
            Err(error) => self.failures.push_back(error.into()),
        }
    }

    /// Puts what is in an archive that lies in a folder in line, if the config of an adapter is in it. Any other may be
    /// anything, damaged or not.
    fn open_found(&mut self, path: &Path) {
        let is_config =
            |name: &String| Role::ALL.iter().any(|role| name.rsplit('/').next() == Some(role.config_name()));
        if let Ok(container) = Container::archive(path)
            && container.names().iter().any(is_config)
        {
            self.enter(path, container);
        }
    }

    fn enter(&mut self, path: &Path, container: Container) {
        let container = Arc::new(container);
        for name in container.names().iter().filter(|name| is_ours(Path::new(name))).cloned() {
            let (next, container) = (path.join(&name), Arc::clone(&container));
            self.sources.push(Reverse(Source { next, rest: Rest::Inside(container, name) }));
        }
    }

    /// Puts the files that were named back in line, with the next of them in front.
    fn advance_named(&mut self, mut rest: vec::IntoIter<(PathBuf, bool)>) {
        if let Some((next, is_file)) = rest.next() {
            self.sources.push(Reverse(Source { next, rest: Rest::Named { rest, is_file } }));
        }
    }

    /// Puts a folder back in line, with its next file in front.
    fn advance(&mut self, mut rest: walkdir::IntoIter) {
        loop {
            match rest.next() {
                None => return,
                Some(Ok(entry)) if could_be_ours(&entry) => {
                    let at_most = if is_ours(entry.path()) { u64::MAX } else { MAX_STRANGER };
                    let rest = Rest::Folder { rest, near: entry.depth() <= NEAR, at_most };
                    self.sources.push(Reverse(Source { next: entry.into_path(), rest }));
                    return;
                }
                Some(Ok(entry)) if entry.depth() > 0 && entry.file_type().is_dir() && is_passed_over(&entry) => {
                    rest.skip_current_dir();
                }
                Some(Ok(entry)) if is_zip(&entry) => self.open_found(entry.path()),
                Some(Ok(entry)) if is_ours(entry.path()) && entry.path_is_symlink() => {
                    if let Err(error) = fs::metadata(entry.path()) {
                        let dangling = Rest::Dangling(error.kind().to_string());
                        self.sources.push(Reverse(Source { next: entry.into_path(), rest: dangling }));
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => self.failures.push_back(failure(error)),
            }
        }
    }
}

impl Iterator for Walk {
    type Item = anyhow::Result<Input>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(error) = self.failures.pop_front() {
                return Some(Err(error));
            }
            let Reverse(Source { next: path, rest }) = self.sources.pop()?;
            let alone = self.is_one;
            let input = Input {
                path,
                named: false,
                alone,
                near: true,
                is_file: true,
                at_most: u64::MAX,
                inside: None,
                dangling: None,
            };
            let input = match rest {
                Rest::Named { rest, is_file } => {
                    self.advance_named(rest);
                    Input { named: true, near: false, is_file, ..input }
                }
                Rest::Inside(container, name) => Input { inside: Some((container, name)), ..input },
                Rest::Dangling(why) => Input { dangling: Some(why), ..input },
                Rest::Folder { rest, near, at_most } => {
                    self.advance(rest);
                    Input { near, at_most, ..input }
                }
            };
            if !self.is_one {
                if self.last.as_deref().map(plain) == Some(plain(&input.path)) {
                    continue;
                }
                self.last = Some(input.path.clone());
            }
            return Some(Ok(input));
        }
    }
}

/// What was named, as far as it has not been walked.
struct Source {
    next: PathBuf,
    rest: Rest,
}

/// What else there is behind what was named.
enum Rest {
    /// Files that were named themselves, in order, each with whether it is a regular one; and whether the one in front is.
    Named { rest: vec::IntoIter<(PathBuf, bool)>, is_file: bool },
    /// A folder, from there on; whether the file in front is near the top, and how large it may be.
    Folder { rest: walkdir::IntoIter, near: bool, at_most: u64 },
    /// An archive, and the name of the file in it.
    Inside(Arc<Container>, String),
    /// Nothing, for a link that leads nowhere, and why.
    Dangling(String),
}

impl Source {
    /// Sorted by path; of equal ones, those that were named come first.
    fn key(&self) -> (&Path, bool) {
        (plain(&self.next), !matches!(self.rest, Rest::Named { .. }))
    }
}

impl Ord for Source {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Source {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Source {}

/// A path without the `.` that it may begin with.
pub(super) fn plain(path: &Path) -> &Path {
    path.strip_prefix(".").unwrap_or(path)
}

/// Why a path that was named cannot be looked at; it may be a subcommand's name, misspelt.
fn missing(path: &Path, error: std::io::Error) -> anyhow::Error {
    let is_word = |text: &&str| !text.contains(['/', '\\', '.']);
    let meant = path.to_str().filter(is_word).filter(|_| error.kind() == std::io::ErrorKind::NotFound);
    let meant = meant.and_then(|text| lint::near(text, subcommands()).into_iter().next());
    let error = anyhow::Error::from(error).context(path.display().to_string());
    match meant {
        Some(name) => anyhow!("{error:#}; did you mean the subcommand `{name}`?"),
        None => error,
    }
}

/// What is in a folder, sorted. Links to files are followed, links to folders are not. What Git ignores is looked at all
/// the same: adapters often are ignored.
fn files(folder: &Path) -> walkdir::IntoIter {
    // Paths of one folder are in the order of their names, which need not be cut off them.
    let by_name = |a: &walkdir::DirEntry, b: &walkdir::DirEntry| a.path().as_os_str().cmp(b.path().as_os_str());
    walkdir::WalkDir::new(folder).follow_links(false).sort_by(by_name).into_iter()
}

fn is_hidden(entry: &walkdir::DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// Whether there is nothing of the user's in a folder: it is hidden, or npm fills it.
fn is_passed_over(entry: &walkdir::DirEntry) -> bool {
    is_hidden(entry) || entry.file_name() == "node_modules"
}

/// What a walk could not look at, with its path once.
fn failure(error: walkdir::Error) -> anyhow::Error {
    match (error.path(), error.io_error()) {
        (Some(path), Some(cause)) => anyhow!("{}: {}", path.display(), cause.kind()),
        _ => error.into(),
    }
}

/// Whether a file is called as adapters are.
fn is_ours(path: &Path) -> bool {
    is_weights(path) || path.file_name().and_then(|name| name.to_str()).is_some_and(dialects::is_known_name)
}

/// Whether a file in a folder is called as the archives are whose names can be had without unpacking them.
fn is_zip(entry: &walkdir::DirEntry) -> bool {
    let is_file = entry.file_type().is_file() && !is_hidden(entry);
    is_file && entry.path().extension().is_some_and(|ending| ending.eq_ignore_ascii_case("zip"))
}

fn is_archive(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    ARCHIVES.iter().any(|ending| name.ends_with(ending))
}

fn could_be_ours(entry: &walkdir::DirEntry) -> bool {
    let kind = entry.file_type();
    if is_hidden(entry) || !(kind.is_file() || kind.is_symlink()) {
        return false;
    }
    let path = entry.path();
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    if !name.ends_with(".json") && format_of(path) != Format::Yaml && !is_ours(path) {
        return false;
    }
    // Only of a link the system is asked: a folder may have a million files.
    kind.is_file() || fs::metadata(path).is_ok_and(|metadata| metadata.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_paths_are_one_sorted_stream() {
        let folder = tempfile::tempdir().expect("a scratch folder");
        for name in [
            "a/b.json",
            "a/c/d.json",
            "a.json",
            "a-b.json",
            ".h/e.json",
            "a/.f.json",
            "a/x.txt",
            "a/node_modules/g.json",
        ] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
            fs::write(path, "{}").expect("a file");
        }
        let at = |name: &str| folder.path().join(name);
        let paths = [at("a/c/d.json"), folder.path().to_owned(), at("a"), at("a/x.txt"), at("a.json"), at(".h")];
        let inputs = Walk::new(paths).map(|input| input.expect("all can be read"));
        let found: Vec<_> = inputs.map(|input| (input.path, input.named)).collect();
        let input = |(name, named): (&str, bool)| (at(name), named);
        let expected = [
            (".h/e.json", false),
            ("a/b.json", false),
            ("a/c/d.json", true),
            ("a/x.txt", true),
            ("a-b.json", false),
            ("a.json", true),
        ];
        let mut expected: Vec<_> = expected.map(input).into();
        expected.sort();
        assert_eq!(found, expected);
    }
}
