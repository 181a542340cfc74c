//! What lies beside a config in its folder.

use std::cell::OnceCell;

use crate::document::Node;

/// Endings of files that hold weights, or tell which files do.
const WEIGHTS: [&str; 3] = [".safetensors", ".bin", ".index.json"];

/// Endings of files that may hold the weights in a way that nobody here looks into.
const UNTOLD: [&str; 14] = [
    ".zip", ".tar", ".gz", ".tgz", ".7z", ".gguf", ".ggml", ".npz", ".h5", ".msgpack", ".onnx", ".ckpt", ".pt", ".pth",
];

/// What a run of training leaves there, beside weights.
const OF_TRAINING: [&str; 6] = ["optimizer", "scheduler", "scaler", "rng_state", "training_args", "random_states"];

/// A config, and the names of the files in its folder. They are asked for when a rule wants them: most configs need none.
pub(crate) struct Beside<'a> {
    /// The config.
    pub(crate) root: &'a Node,
    list: &'a dyn Fn() -> Option<Vec<String>>,
    files: OnceCell<Option<Vec<String>>>,
}

impl<'a> Beside<'a> {
    pub(crate) fn new(root: &'a Node, list: &'a dyn Fn() -> Option<Vec<String>>) -> Self {
        Self { root, list, files: OnceCell::new() }
    }

    fn files(&self) -> &[String] {
        self.files.get_or_init(self.list).as_deref().unwrap_or_default()
    }

    /// Whether the names were asked for and could not be had: what is missing then is not known.
    pub(crate) fn is_unlisted(&self) -> bool {
        self.files.get().is_some_and(Option::is_none)
    }

    /// Whether there is a file of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.files().iter().any(|file| file == name)
    }

    /// Whether something is there that may hold the weights, of which nothing is known.
    pub(crate) fn is_untold(&self) -> bool {
        self.of_weights().any(|file| UNTOLD.iter().any(|ending| file.ends_with(ending)))
    }

    /// The files that seem to be weights, by their names; of a model in parts those that come first.
    pub(crate) fn weights(&self) -> impl Iterator<Item = &str> {
        self.of_weights().filter(|file| WEIGHTS.iter().any(|ending| file.ends_with(ending)))
    }

    fn of_weights(&self) -> impl Iterator<Item = &str> {
        self.files().iter().map(String::as_str).filter(|file| !OF_TRAINING.iter().any(|start| file.starts_with(start)))
    }

    /// The names of the first files, as a sentence has them.
    pub(crate) fn told(files: &[&str]) -> String {
        let shown: Vec<_> = files.iter().take(2).map(|file| format!("`{file}`")).collect();
        let more =
            if files.len() > shown.len() { format!(" and {} more", files.len() - shown.len()) } else { String::new() };
        format!("{}{more}", shown.join(", "))
    }
}
