//! Files, folders and standard input: what is read, and what is not.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use adapter_spec::dialects;
use adapter_spec::dialects::adapterhub::checkpoint::Role;
use adapter_spec::document::{Document, Format, MAX_BYTES};
use adapter_spec::lint;
use anyhow::{Context as _, anyhow, bail};

/// JSON files of a folder whose name says nothing are not read if they are larger: they are vocabularies and the like.
const MAX_STRANGER: u64 = 1 << 20;

/// A file that is to be judged.
pub(super) struct Input {
    /// Where it is.
    pub(super) path: PathBuf,
    /// Whether the user named it, rather than a folder that it is in.
    pub(super) named: bool,
}

/// The files behind some paths, sorted, each once; and what could not be looked at.
pub(super) fn collect(paths: &[PathBuf]) -> (Vec<Input>, Vec<anyhow::Error>) {
    let mut files = BTreeMap::new();
    let mut failures = Vec::new();
    for path in paths {
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => {
                for found in walk(path) {
                    match found {
                        Ok(file) => _ = files.entry(file).or_insert(false),
                        Err(error) => failures.push(error),
                    }
                }
            }
            Ok(_) => _ = files.insert(path.clone(), true),
            Err(error) => failures.push(missing(path, error)),
        }
    }
    (files.into_iter().map(|(path, named)| Input { path, named }).collect(), failures)
}

/// Why a path that was named cannot be looked at; it may be a subcommand's name, misspelt.
fn missing(path: &Path, error: std::io::Error) -> anyhow::Error {
    let is_word = |text: &&str| !text.contains(['/', '\\', '.']);
    let meant = path.to_str().filter(is_word).filter(|_| error.kind() == std::io::ErrorKind::NotFound);
    let meant = meant.and_then(|text| lint::near(text, super::subcommands()).into_iter().next());
    let error = anyhow::Error::from(error).context(path.display().to_string());
    match meant {
        Some(name) => anyhow!("{error:#}; did you mean the subcommand `{name}`?"),
        None => error,
    }
}

/// The files of a folder that could be ours. Hidden ones are left out; links to files are followed, links to folders
/// are not. What Git ignores is looked at all the same: adapters often are ignored.
fn walk(folder: &Path) -> impl Iterator<Item = anyhow::Result<PathBuf>> {
    let walk = ignore::WalkBuilder::new(folder).standard_filters(false).hidden(true).follow_links(false).build();
    walk.filter_map(|entry| match entry {
        Ok(entry) => could_be_ours(entry.path()).then(|| Ok(entry.into_path())),
        Err(error) => Some(Err(failure(error))),
    })
}

/// What a walk could not look at, with its path once.
fn failure(error: ignore::Error) -> anyhow::Error {
    match (path_of(&error), error.io_error()) {
        (Some(path), Some(cause)) => anyhow!("{}: {}", path.display(), cause.kind()),
        _ => error.into(),
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => path_of(err),
        _ => None,
    }
}

fn could_be_ours(path: &Path) -> bool {
    let Some(name) = path.file_name().and_then(|name| name.to_str()) else { return false };
    if is_weights(path) {
        return fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    }
    let known = dialects::is_known_name(name);
    if !known && !name.ends_with(".json") && format_of(path) != Format::Yaml {
        return false;
    }
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && (known || metadata.len() <= MAX_STRANGER))
}

/// Whether a file is called as AdapterHub calls weights.
pub(super) fn is_weights(path: &Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| Role::of_weights(name).is_some())
}

/// Reads a file.
pub(super) fn read(path: &Path) -> anyhow::Result<Document> {
    let shown = || path.display().to_string();
    // A file that is no regular one may block on being opened, so it is looked at before.
    let metadata = fs::metadata(path).with_context(shown)?;
    if metadata.is_dir() {
        bail!("{}: is a folder", shown());
    }
    if !metadata.is_file() {
        bail!("{}: not a regular file; use `-` to read standard input", shown());
    }
    if metadata.len() > MAX_BYTES {
        return Ok(Document::too_large(metadata.len()));
    }
    let file = File::open(path).with_context(shown)?;
    read_from(file, |_| format_of(path)).with_context(shown)
}

/// Reads standard input. `name` tells the format.
pub(super) fn read_stdin(name: &str) -> anyhow::Result<Document> {
    read_from(std::io::stdin().lock(), |_| format_of(Path::new(name))).context("standard input")
}

/// Reads standard input that has no name: JSON if it starts with a brace, else YAML.
pub(super) fn read_nameless_stdin() -> anyhow::Result<Document> {
    let starts_with_brace = |bytes: &[u8]| bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    let format = |bytes: &[u8]| if starts_with_brace(bytes) { Format::Json } else { Format::Yaml };
    read_from(std::io::stdin().lock(), format).context("standard input")
}

fn read_from(reader: impl Read, format: impl FnOnce(&[u8]) -> Format) -> anyhow::Result<Document> {
    let mut bytes = Vec::new();
    reader.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
    let length = bytes.len() as u64;
    if length > MAX_BYTES {
        return Ok(Document::too_large(length));
    }
    let format = format(&bytes);
    Ok(Document::read(bytes, format))
}

/// YAML by its extension, else JSON.
pub(super) fn format_of(path: &Path) -> Format {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    if ["yaml", "yml"].iter().any(|yaml| extension.eq_ignore_ascii_case(yaml)) { Format::Yaml } else { Format::Json }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_walk_cannot_read_is_named_once() {
        let denied = || ignore::Error::Io(std::io::Error::new(std::io::ErrorKind::PermissionDenied, "p/sub: denied"));
        let with_path = ignore::Error::WithPath { path: "p/sub".into(), err: Box::new(denied()) };
        let error = ignore::Error::WithDepth { depth: 1, err: Box::new(with_path) };
        assert_eq!(format!("{:#}", failure(error)), "p/sub: permission denied");
        assert_eq!(format!("{:#}", failure(denied())), "p/sub: denied");
    }
}
