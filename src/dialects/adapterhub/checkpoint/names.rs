//! The parts of tensors' names that hold for every method and release.

use std::borrow::Cow;

/// The containers of an adapter's modules: the next part of a name is the adapter's.
const CONTAINERS: [&str; 8] = [
    "adapters",
    "invertible_adapters",
    "loras",
    "prefix_tunings",
    "prefix_gates",
    "prompt_tunings",
    "refts",
    "shared_parameters",
];

/// Containers of 1.x, where text tasks and languages had their own, and what `_rename_legacy_weights` makes of them
/// (`loading.py`, adapters 1.3.0): texts anywhere in a name.
const TYPED: [(&str, &str); 5] = [
    ("attention_text_task_adapters", "adapters"),
    ("attention_text_lang_adapters", "adapters"),
    ("layer_text_task_adapters", "adapters"),
    ("layer_text_lang_adapters", "adapters"),
    ("invertible_lang_adapters", "invertible_adapters"),
];

/// A name as `load_adapter` renames it: those of 1.x become today's.
#[must_use]
pub(crate) fn current(name: &str) -> Cow<'_, str> {
    if !is_typed(name) {
        return Cow::Borrowed(name);
    }
    Cow::Owned(TYPED.iter().fold(name.to_owned(), |name, (old, new)| name.replace(old, new)))
}

/// Whether a name is one of 1.x.
#[must_use]
pub(crate) fn is_typed(name: &str) -> bool {
    TYPED.iter().any(|(old, _)| name.contains(old))
}

/// Whether a name is that of a tensor in an adapter's module, an AdapterFusion or a head of AdapterHub.
#[must_use]
pub(crate) fn is_adapters(name: &str) -> bool {
    split(&current(name)).is_some() || name.contains(".adapter_fusion_layer.")
}

/// A tensor's name in an adapter's module, taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Parts<'n> {
    /// Up to the adapter's name, which is included.
    pub(crate) module: &'n str,
    /// The adapter's name.
    pub(crate) adapter: &'n str,
    /// Behind the adapter's name.
    pub(crate) leaf: &'n str,
}

/// Takes a name apart, by structure: an adapter may be called `adapters`. Names of 1.x have to be made
/// [`current`] before.
#[must_use]
pub(crate) fn split(name: &str) -> Option<Parts<'_>> {
    behind(name, |part| CONTAINERS.contains(&part))
}

/// Takes the name of an AdapterFusion's tensor apart.
#[must_use]
pub(crate) fn split_fusion(name: &str) -> Option<Parts<'_>> {
    behind(name, |part| part == "adapter_fusion_layer")
}

/// Takes the name of a head's tensor apart.
#[must_use]
pub(crate) fn split_head(name: &str) -> Option<Parts<'_>> {
    name.starts_with("heads.").then(|| behind(name, |part| part == "heads")).flatten()
}

fn behind(name: &str, is_container: impl Fn(&str) -> bool) -> Option<Parts<'_>> {
    let mut start = 0;
    for part in name.split('.') {
        let end = start + part.len();
        if is_container(part) {
            let (adapter, leaf) = name.get(end + 1..)?.split_once('.')?;
            return Some(Parts { module: &name[..end + 1 + adapter.len()], adapter, leaf });
        }
        start = end + 1;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adapter_may_be_called_like_a_container() {
        let name = "distilbert.transformer.layer.0.attention_adapters.adapters.adapters.adapter_down.0.weight";
        let parts = split(name).expect("a tensor of an adapter");
        assert_eq!((parts.adapter, parts.leaf), ("adapters", "adapter_down.0.weight"));
        let parts =
            split("bert.encoder.layer.0.output.adapters.loras.adapter_up.bias").expect("a tensor of an adapter");
        assert_eq!((parts.module, parts.adapter), ("bert.encoder.layer.0.output.adapters.loras", "loras"));
    }

    #[test]
    fn names_of_old_releases_become_current() {
        let old = "bert.encoder.layer.1.output.layer_text_task_adapters.sst.adapter_up.bias";
        assert_eq!(current(old), "bert.encoder.layer.1.output.adapters.sst.adapter_up.bias");
        assert_eq!(split("pooler.dense.weight"), None);
        assert_eq!(split("loras"), None);
    }
}
