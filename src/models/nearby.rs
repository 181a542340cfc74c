//! Base models that lie on this machine: a folder, or what Hugging Face's libraries have downloaded. Nothing is fetched.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Model;
use crate::document::{Document, Format};
use crate::files;

/// The largest `config.json` that is read, in bytes. Real ones have some thousand.
const MAX_CONFIG: u64 = 16 << 20;

/// The model that a config names: that of a folder, of the cache of Hugging Face's libraries, or a well-known one.
/// `revision` is a branch, a tag or a commit; `main` if there is none.
pub(super) fn find(name: &str, revision: Option<&str>) -> Option<Model> {
    let folder = Path::new(name);
    if folder.is_dir() {
        return read(&folder.join("config.json"));
    }
    let cached = cache().and_then(|cache| cached(&cache, name, revision.unwrap_or("main")));
    cached.and_then(|path| read(&path)).or_else(|| super::well_known::find(name))
}

fn read(path: &Path) -> Option<Model> {
    let bytes = files::read(path, MAX_CONFIG).ok()?;
    Model::from_config(Document::read(bytes, Format::Json).root.as_ref()?)
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
fn cached(cache: &Path, name: &str, revision: &str) -> Option<PathBuf> {
    // What a config says becomes part of a path: only names of repositories and of revisions do.
    let is_plain = |text: &str| {
        let is_fit = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        !text.is_empty() && text.chars().all(is_fit) && !text.contains("..")
    };
    if name.matches('/').count() > 1 || !name.split('/').all(is_plain) || !revision.split('/').all(is_plain) {
        return None;
    }
    let model = cache.join(format!("models--{}", name.replace('/', "--")));
    let named = files::read(&model.join("refs").join(revision), 100).ok();
    let commit = named.and_then(|bytes| String::from_utf8(bytes).ok()).map(|commit| commit.trim().to_owned());
    let commit = commit.filter(|commit| is_plain(commit)).unwrap_or_else(|| revision.to_owned());
    Some(model.join("snapshots").join(commit).join("config.json"))
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
        let found = |name: &str, revision: &str| cached(cache.path(), name, revision).and_then(|path| read(&path));
        assert_eq!(found("org/tiny", "main").and_then(|model| model.hidden_size), Some(8));
        assert_eq!(found("org/tiny", "0123abc").and_then(|model| model.hidden_size), Some(8));
        for (name, revision) in
            [("org/other", "main"), ("org/tiny", "v1"), ("../org/tiny", "main"), ("org/tiny", "../main"), ("", "main")]
        {
            assert!(found(name, revision).is_none(), "{name} {revision}");
        }
    }
}
