//! The names of an adapter's tensors, sorted by what they belong to.

use std::borrow::Cow;
use std::collections::BTreeMap;
#[cfg(feature = "oracle")]
use std::collections::BTreeSet;

use super::PeftType;
use super::names::{BASE, SHARED};
use crate::value::{Map, Value};

/// Rows of trained tokens beside another method.
pub(crate) const TOKENS: &str = "token_adapter.trainable_tokens_delta";

/// The copies of a module that is saved whole: PEFT's own, and the base model's.
const COPIES: [&str; 2] = [".modules_to_save.", ".original_module."];

/// The names of a file of weights.
#[derive(Debug, Clone, Default)]
pub(crate) struct Layout {
    /// For each module the names of its tensors, by what stands behind its path.
    pub(crate) sites: BTreeMap<String, BTreeMap<String, String>>,
    /// Names of tensors that modules share, by what stands behind `base_model.`.
    pub(crate) shared: BTreeMap<String, String>,
    /// Names of tensors that stand for the base model's own, by the base model's names.
    pub(crate) whole: BTreeMap<String, String>,
    /// Names that are none of PEFT's.
    pub(crate) strays: Vec<String>,
}

impl Layout {
    /// Sorts names as PEFT saves them, each with the one that the tensor has in its file.
    pub(crate) fn new<'n>(peft_type: Option<PeftType>, names: impl Iterator<Item = (Cow<'n, str>, &'n str)>) -> Self {
        let prefix = peft_type.and_then(PeftType::prefix).unwrap_or_default();
        let mut layout = Self::default();
        for (read, name) in names {
            let Some(inner) = read.strip_prefix(BASE) else {
                match read.strip_prefix(SHARED) {
                    Some(shared) => _ = layout.shared.insert(shared.to_owned(), name.to_owned()),
                    None => layout.strays.push(name.to_owned()),
                }
                continue;
            };
            match split(inner, prefix) {
                Some((module, role)) => {
                    layout.sites.entry(module.to_owned()).or_default().insert(role.to_owned(), name.to_owned());
                }
                // With `bias`, the copies of a module that is saved whole have lines of their own, which PEFT reads
                // into the copies; the module itself has one, too.
                None if COPIES.iter().any(|copy| inner.contains(copy)) => {}
                None => _ = layout.whole.insert(inner.replace(".base_layer.", "."), name.to_owned()),
            }
        }
        layout
    }

    /// Whether a module has tensors of its own.
    pub(crate) fn has(&self, module: &str) -> bool {
        self.sites.contains_key(module)
    }

    /// Takes out tensors of modules, and what modules share, by their names in the file; gives back those that were there.
    #[cfg(feature = "oracle")]
    pub(crate) fn leave_out(&mut self, names: &BTreeSet<String>) -> Vec<String> {
        let mut out = Vec::new();
        let mut stays = |_: &String, name: &mut String| {
            let stays = !names.contains(name);
            if !stays {
                out.push(name.clone());
            }
            stays
        };
        self.shared.retain(&mut stays);
        self.sites.retain(|_, own| {
            own.retain(&mut stays);
            !own.is_empty()
        });
        out
    }

    /// Keeps the modules that are adapted, or may be, and gives back the names that the tensors of others have in the file. Rows
    /// of trained tokens stay: their modules are named by a key of their own.
    pub(crate) fn keep(&mut self, config: &Map, is_adapted: impl Fn(&str) -> Option<bool>) -> Vec<String> {
        let mut out = Vec::new();
        // Biases that are trained beside the method: that of a module that is adapted is behind `base_layer`.
        let saved = config.get("modules_to_save").and_then(Value::as_list).unwrap_or_default();
        let is_saved = |module: &str| saved.iter().filter_map(Value::as_str).any(|name| module.ends_with(name));
        self.whole.retain(|path, name| {
            let Some(module) = path.strip_suffix(".bias").filter(|module| !is_saved(module)) else { return true };
            let stays = is_adapted(module).is_none_or(|is_adapted| is_adapted == name.contains(".base_layer."));
            if !stays {
                out.push(name.clone());
            }
            stays
        });
        self.sites.retain(|module, own| {
            if is_adapted(module) == Some(false) {
                own.retain(|role, name| {
                    let stays = role == TOKENS;
                    if !stays {
                        out.push(name.clone());
                    }
                    stays
                });
            }
            !own.is_empty()
        });
        out
    }
}

/// The path of the module and what stands behind it. A module may itself be called like a tensor: the last place counts
/// that leaves a module before it.
fn split<'n>(name: &'n str, prefix: &str) -> Option<(&'n str, &'n str)> {
    let starts = |rest: &str| rest == TOKENS || (!prefix.is_empty() && rest.starts_with(prefix));
    name.match_indices('.').map(|(at, _)| at).rev().find_map(|at| {
        let (module, rest) = (&name[..at], &name[at + 1..]);
        (starts(rest) && !rest[prefix.len().min(rest.len())..].contains(&format!(".{prefix}")))
            .then_some((module, rest))
    })
}
