//! Files and folders that were named, as one sorted stream of files.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use adapter_spec::document::Format;
use adapter_spec::{dialects, lint};
use anyhow::anyhow;

use crate::cli::input::{format_of, is_weights};
use crate::cli::subcommands;

/// JSON files of a folder whose name says nothing are not read if they are larger: they are vocabularies and the like.
const MAX_STRANGER: u64 = 1 << 20;

/// A file that is to be judged.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Input {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Whether the user named it, rather than a folder that it is in.
    pub(super) named: bool,
}

/// The files behind some paths, sorted, each once; and what could not be looked at. Of a folder only the names that lie
/// beside the one at hand are kept.
pub(super) struct Walk {
    sources: BinaryHeap<Reverse<Source>>,
    failures: VecDeque<anyhow::Error>,
    last: Option<PathBuf>,
}

impl Walk {
    pub(super) fn new(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut walk = Self { sources: BinaryHeap::new(), failures: VecDeque::new(), last: None };
        for path in paths {
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_dir() => walk.advance(files(&path)),
                Ok(_) => walk.sources.push(Reverse(Source { next: path, rest: None })),
                Err(error) => walk.failures.push_back(missing(&path, error)),
            }
        }
        walk
    }

    /// Puts a folder back in line, with its next file in front.
    fn advance(&mut self, mut rest: walkdir::IntoIter) {
        loop {
            match rest.next() {
                None => return,
                Some(Ok(entry)) if could_be_ours(&entry) => {
                    self.sources.push(Reverse(Source { next: entry.into_path(), rest: Some(rest) }));
                    return;
                }
                Some(Ok(entry)) if entry.depth() > 0 && entry.file_type().is_dir() && is_hidden(&entry) => {
                    rest.skip_current_dir();
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
            let named = rest.is_none();
            if let Some(rest) = rest {
                self.advance(rest);
            }
            if self.last.as_deref().map(plain) != Some(plain(&path)) {
                self.last = Some(path.clone());
                return Some(Ok(Input { path, named }));
            }
        }
    }
}

/// A path that was named, as far as it has not been walked.
struct Source {
    next: PathBuf,
    /// What comes after it; none if the path is a file itself.
    rest: Option<walkdir::IntoIter>,
}

impl Source {
    /// Sorted by path; of equal ones, those that were named come first.
    fn key(&self) -> (&Path, bool) {
        (plain(&self.next), self.rest.is_some())
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
fn plain(path: &Path) -> &Path {
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
    walkdir::WalkDir::new(folder).follow_links(false).sort_by_file_name().into_iter()
}

fn is_hidden(entry: &walkdir::DirEntry) -> bool {
    entry.file_name().as_encoded_bytes().starts_with(b".")
}

/// What a walk could not look at, with its path once.
fn failure(error: walkdir::Error) -> anyhow::Error {
    match (error.path(), error.io_error()) {
        (Some(path), Some(cause)) => anyhow!("{}: {}", path.display(), cause.kind()),
        _ => error.into(),
    }
}

fn could_be_ours(entry: &walkdir::DirEntry) -> bool {
    let kind = entry.file_type();
    if is_hidden(entry) || !(kind.is_file() || kind.is_symlink()) {
        return false;
    }
    let path = entry.path();
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    let known = is_weights(path) || dialects::is_known_name(name);
    if !known && !name.ends_with(".json") && format_of(path) != Format::Yaml {
        return false;
    }
    // What needs no size needs not be asked for it: a folder may have a million files.
    if known && kind.is_file() {
        return true;
    }
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && (known || metadata.len() <= MAX_STRANGER))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn overlapping_paths_are_one_sorted_stream() {
        let folder = tempfile::tempdir().expect("a scratch folder");
        for name in ["a/b.json", "a/c/d.json", "a.json", "a-b.json", ".h/e.json", "a/.f.json", "a/x.txt"] {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().expect("it is in the folder")).expect("a folder");
            fs::write(path, "{}").expect("a file");
        }
        let at = |name: &str| folder.path().join(name);
        let paths = [at("a/c/d.json"), folder.path().to_owned(), at("a"), at("a/x.txt"), at("a.json"), at(".h")];
        let found: Vec<_> = Walk::new(paths).map(|input| input.expect("all can be read")).collect();
        let input = |(name, named): (&str, bool)| Input { path: at(name), named };
        let expected = [
            (".h/e.json", false),
            ("a/b.json", false),
            ("a/c/d.json", true),
            ("a/x.txt", true),
            ("a-b.json", false),
            ("a.json", true),
        ];
        let mut expected: Vec<_> = expected.map(input).into();
        expected.sort_by(|a, b| a.path.cmp(&b.path));
        assert_eq!(found, expected);
    }
}
