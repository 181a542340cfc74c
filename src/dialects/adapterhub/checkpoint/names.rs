//! Names of tensors whose adapter is not known beforehand.

use std::borrow::Cow;

use crate::dialects::adapterhub::names::{Container, Layout, Name};

/// Takes apart the name of a tensor of whichever adapter, AdapterFusion or head.
#[must_use]
pub(crate) fn split(name: &str) -> Option<(Name<'_>, Layout)> {
    let adapters = name.split('.').skip(1);
    let all = adapters.filter_map(|adapter| Name::parse(name, adapter));
    // An adapter may be called like a container, and the parts behind it then look like adapters, too.
    all.min_by_key(|(name, _)| (name.place.len(), name.container.path().len()))
}

/// A name as `load_adapter` renames it: those of 1.x become today's.
#[must_use]
pub fn current(name: &str) -> Cow<'_, str> {
    match split(name) {
        Some((parts, Layout::Typed)) => Cow::Owned(parts.to_string()),
        _ => Cow::Borrowed(name),
    }
}

/// Whether a name is one of AdapterHub. Heads are not looked at: other libraries have tensors called so.
#[must_use]
pub(crate) fn is_adapters(name: &str) -> bool {
    split(name).is_some_and(|(name, _)| name.container != Container::Heads)
}

/// The path of the module that a tensor of an adapter is in, with the adapter's name, and the rest.
#[must_use]
pub(crate) fn module(name: &str) -> Option<(&str, &str)> {
    let leaf = split(name)?.0.leaf;
    let path = name.strip_suffix(leaf)?;
    Some((path.strip_suffix('.').unwrap_or(path), leaf))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_adapter_may_be_called_like_a_container() {
        for adapter in ["adapters", "loras", "x"] {
            for place in ["distilbert.transformer.layer.0.attention_adapters", "bert.encoder.layer.0.output"] {
                let name = format!("{place}.adapters.{adapter}.adapter_down.0.weight");
                let (parts, _) = split(&name).expect("a tensor of an adapter");
                assert_eq!((parts.place, parts.adapter, parts.leaf), (place, adapter, "adapter_down.0.weight"));
            }
        }
        assert_eq!(module("heads.a.1.weight"), Some(("heads.a", "1.weight")));
    }

    #[test]
    fn names_of_old_releases_become_current() {
        let old = "bert.encoder.layer.1.output.layer_text_task_adapters.sst.adapter_up.bias";
        assert_eq!(current(old), "bert.encoder.layer.1.output.adapters.sst.adapter_up.bias");
        assert!(!is_adapters("pooler.dense.weight") && !is_adapters("loras"));
    }
}
