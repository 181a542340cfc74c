//! Base models that lie on this machine: a folder, or what Hugging Face's libraries have downloaded. Nothing is fetched.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use super::Model;
use crate::document::{Document, Format};
use crate::files;
use crate::findings::near;

/// The largest `config.json` that is read, in bytes. Real ones have some thousand.
const MAX_CONFIG: u64 = 16 << 20;

/// Why a base model is not found.
#[derive(Debug)]
#[non_exhaustive]
pub enum FindError {
    /// The system cannot read a file.
    Io {
        /// Its path.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
    /// A file cannot be read as JSON.
    Malformed {
        /// Its path.
        path: PathBuf,
        /// The line of the first problem, from 1.
        line: usize,
        /// What is wrong there.
        detail: String,
    },
    /// A file is no model's config.
    NotAModel {
        /// Its path.
        path: PathBuf,
    },
    /// Neither a file nor a well-known model has this name.
    Unknown {
        /// The name.
        name: String,
    },
}

impl FindError {
    fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.to_owned(), source }
    }
}

impl fmt::Display for FindError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io { path, source } => write!(f, "{}: {source}", path.display()),
            Self::Malformed { path, line, detail } => write!(f, "{}:{line}: {detail}", path.display()),
            Self::NotAModel { path } => {
                write!(f, "{}: not a model's config.json: it has no `model_type`", path.display())
            }
            Self::Unknown { name } => {
                write!(f, "{name}: neither a config, nor a folder with one, nor a well-known model; ")?;
                let similar = near(name, Model::well_known_names().map(str::to_owned));
                match similar.as_slice() {
                    [] => write!(f, "these are {}", Model::well_known_names().collect::<Vec<_>>().join(", ")),
                    similar => write!(f, "did you mean {}?", similar.join(", ")),
                }
            }
        }
    }
}

impl std::error::Error for FindError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Its own text is part of ours already.
            Self::Io { source, .. } => source.source(),
            Self::Malformed { .. } | Self::NotAModel { .. } | Self::Unknown { .. } => None,
        }
    }
}

/// The model that a user names: by the path of its config or of the folder that has it, or a well-known one.
pub(super) fn named(text: &str) -> Result<Model, FindError> {
    let path = Path::new(text);
    if !path.exists() {
        return super::well_known::find(text).ok_or_else(|| FindError::Unknown { name: text.to_owned() });
    }
    if path.is_dir() { read(&path.join("config.json")) } else { read(path) }
}

/// The model that a config names: that of a folder, of the cache of Hugging Face's libraries, or a well-known one.
/// `revision` is a branch, a tag or a commit; `main` if there is none.
pub(super) fn find(name: &str, revision: Option<&str>) -> Result<Option<Model>, FindError> {
    let folder = Path::new(name);
    if folder.is_dir() {
        return present(&folder.join("config.json"));
    }
    let cache = cache();
    let downloaded = match &cache {
        Some(cache) => cached(cache, name, revision.unwrap_or("main"))?,
        None => None,
    };
    let downloaded = downloaded.map(|path| present(&path)).transpose()?.flatten();
    Ok(downloaded.or_else(|| super::well_known::find(name)))
}

/// The model of a file, if the file is there.
fn present(path: &Path) -> Result<Option<Model>, FindError> {
    match read(path) {
        Err(FindError::Io { source, .. }) if source.kind() == io::ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

fn read(path: &Path) -> Result<Model, FindError> {
    let bytes = files::read(path, MAX_CONFIG).map_err(|error| FindError::io(path, error))?;
    let document = Document::read(bytes, Format::of_path(path).unwrap_or(Format::Json));
    if let Some((position, problem)) = document.flaw() {
        let (path, detail) = (path.to_owned(), problem.detail.clone());
        return Err(FindError::Malformed { path, line: position.line, detail });
    }
    let model = document.root.as_ref().and_then(Model::from_config);
    model.ok_or_else(|| FindError::NotAModel { path: path.to_owned() })
}

/// The folder of downloads, as `huggingface_hub` finds it.
fn cache() -> Option<PathBuf> {
    let variable = |name: &str| std::env::var_os(name).filter(|value: &OsString| !value.is_empty()).map(PathBuf::from);
    let whole = || variable("HF_HUB_CACHE").or_else(|| variable("HUGGINGFACE_HUB_CACHE"));
    let home = || {
        let cache = || variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")));
        variable("HF_HOME").or_else(|| Some(cache()?.join("huggingface")))
    };
    whole().or_else(|| Some(home()?.join("hub")))
}

/// The `config.json` of a model in the folder of downloads.
fn cached(cache: &Path, name: &str, revision: &str) -> Result<Option<PathBuf>, FindError> {
    // What a config says becomes part of a path: only names of repositories and of revisions do.
    let is_plain = |text: &str| {
        let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !text.is_empty() && text.chars().all(is_fit) && !text.contains("..")
    };
    if name.matches('/').count() > 1 || !name.split('/').all(is_plain) || !revision.split('/').all(is_plain) {
        return Ok(None);
    }
    let model = cache.join(format!("models--{}", name.replace('/', "--")));
    let path = model.join("refs").join(revision);
    let named = match files::read(&path, 100) {
        Ok(bytes) => String::from_utf8(bytes).ok(),
        // A commit has no file of its own, nor has a model that is not there; and the names of branches may have folders.
        Err(error) if is_absent(&error) => None,
        Err(error) => return Err(FindError::io(&path, error)),
    };
    let commit = named.map(|commit| commit.trim().to_owned()).filter(|commit| is_plain(commit));
    let commit = commit.unwrap_or_else(|| revision.to_owned());
    Ok(Some(model.join("snapshots").join(commit).join("config.json")))
}

fn is_absent(error: &io::Error) -> bool {
    use io::ErrorKind::{InvalidInput, NotADirectory, NotFound};
    matches!(error.kind(), NotFound | NotADirectory | InvalidInput)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn downloads_lie_where_hugging_face_puts_them() {
        let cache = tempfile::tempdir().expect("a folder");
        let model = cache.path().join("models--org--tiny");
        let snapshot = model.join("snapshots/0123abc");
        std::fs::create_dir_all(&snapshot).expect("a folder");
        std::fs::create_dir_all(model.join("refs")).expect("a folder");
        std::fs::write(model.join("refs/main"), "0123abc\n").expect("a file");
        std::fs::write(snapshot.join("config.json"), r#"{"model_type": "bert", "hidden_size": 8}"#).expect("a file");
        let found = |name: &str, revision: &str| {
            let path = cached(cache.path(), name, revision).expect("it can be read")?;
            present(&path).expect("it is a model")
        };
        assert_eq!(found("org/tiny", "main").and_then(|model| model.hidden_size), Some(8));
        assert_eq!(found("org/tiny", "0123abc").and_then(|model| model.hidden_size), Some(8));
        for (name, revision) in
            [("org/other", "main"), ("org/tiny", "v1"), ("../org/tiny", "main"), ("org/tiny", "../main"), ("", "main")]
        {
            assert!(found(name, revision).is_none(), "{name} {revision}");
        }
    }

    #[test]
    fn what_is_there_and_cannot_be_used_is_not_taken_as_absent() {
        let folder = tempfile::tempdir().expect("a folder");
        let name = folder.path().to_str().expect("a plain path");
        assert!(find(name, None).expect("nothing is there").is_none());
        let config = folder.path().join("config.json");
        for text in ["[]", "{}", r#"{"model_type": 1}"#] {
            std::fs::write(&config, text).expect("a file");
            let found = find(name, None);
            assert!(matches!(&found, Err(FindError::NotAModel { path }) if *path == config), "{text}: {found:?}");
        }
        // What could be read of these has a `model_type`, or nothing has.
        for text in ["", "{", "{\"model_type\": \"bert\", \"hidden_size\": 2 2}", "{\"model_type\": \"bert\"} x"] {
            std::fs::write(&config, text).expect("a file");
            let found = find(name, None);
            assert!(matches!(&found, Err(FindError::Malformed { line: 1, .. })), "{text}: {found:?}");
        }
        std::fs::remove_file(&config).expect("it is there");
        std::fs::create_dir(&config).expect("a folder");
        let found = find(name, None);
        assert!(matches!(&found, Err(FindError::Io { path, .. }) if *path == config), "{found:?}");
        assert!(matches!(named("no-such-model"), Err(FindError::Unknown { .. })));
    }
}
