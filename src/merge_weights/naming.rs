//! Under which names the merged model is written. A model that is saved bare has other names than one with a head, by what
//! transformers calls the bare model in it: `encoder.layer.0…` and `bert.encoder.layer.0…`. transformers reads a file of
//! either kind into either model, but no file that has both.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::tensors::Tensor;

/// How the adapter's names and the base model's go together.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) enum Naming {
    /// They are the same.
    #[default]
    Same,
    /// The base model is saved bare, and the adapter was made on one with this before the names.
    Bare(String),
    /// The adapter was made on the bare model, and the base model's file has this before the names.
    Within(String),
}

impl Naming {
    /// What the places of weights show: the base model's names, and the adapter's for the same.
    pub(super) fn of<'n>(places: impl IntoIterator<Item = (&'n str, String)>) -> Self {
        for (base, adapter) in places {
            let before = |long: &str, short: &str| {
                long.strip_suffix(short).filter(|before| before.ends_with('.')).map(str::to_owned)
            };
            if let Some(prefix) = before(&adapter, base) {
                return Self::Bare(prefix);
            }
            if let Some(prefix) = before(base, &adapter) {
                return Self::Within(prefix);
            }
        }
        Self::Same
    }

    /// What the base model's tensors are to be called, once there are others beside them.
    pub(super) fn of_base<'n>(&self, name: &'n str, others: &BTreeMap<String, Tensor<'_>>) -> Cow<'n, str> {
        match self {
            Self::Bare(prefix) if !others.is_empty() => format!("{prefix}{name}").into(),
            _ => name.into(),
        }
    }

    /// What a tensor that the base model lacks is to be called, which is this in the adapter.
    pub(super) fn of_added(&self, name: &str) -> String {
        match self {
            Self::Within(prefix) => format!("{prefix}{name}"),
            Self::Same | Self::Bare(_) => name.to_owned(),
        }
    }
}
