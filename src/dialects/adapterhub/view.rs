//! A config as the library's object would hold it: every key with the value that is written or the default.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::config::Method;
use super::release::{self, Release};
use super::uses::{Flaw, Judgement, Use, listed_layers};
use crate::document::{Member, Node, Span, pointer};
use crate::python;
use crate::value::Value;

/// One method's config in a file.
pub(crate) struct ConfigView<'a> {
    /// Where it stands.
    pub(crate) pointer: String,
    /// The object as written.
    pub(crate) node: &'a Node,
    /// The method that `architecture` selects.
    pub(crate) method: Method,
    /// The index of the union it is a member of, in [`Subject::configs`](super::Subject::configs).
    pub(crate) union: Option<usize>,
    /// Whether the reader upgrades old activation names first (a whole file without `version`).
    pub(crate) renames_activations: bool,
    /// Whether the reader replaces LoRA's `alpha` by `r` first (a whole file of adapters 1.0).
    pub(crate) alpha_is_rank: bool,
    /// Whether the release builds an invertible adapter from the nested mapping: adapter-transformers 1.x does so only in
    /// adapters of type `text_lang`.
    pub(crate) builds_invertible: bool,
    /// The release that the file is for. Keys that it does not know count as not written.
    pub(crate) release: Release,
    pub(super) listed: OnceCell<Option<BTreeSet<u64>>>,
}

impl<'a> ConfigView<'a> {
    /// The key as it is written in this config; the part of a nested `invertible_adapter` that stands for it.
    pub(crate) fn written(&self, key: &str) -> Option<&'a Member> {
        let own = || self.node.member(key).filter(|_| key == "architecture" || self.knows(key));
        self.nested(key).or_else(own)
    }

    /// A config by itself, as the newest release reads it.
    pub(crate) fn alone(node: &'a Node, method: Method) -> Self {
        Self {
            pointer: String::new(),
            node,
            method,
            union: None,
            renames_activations: false,
            alpha_is_rank: false,
            builds_invertible: true,
            release: Release::NEWEST,
            listed: OnceCell::new(),
        }
    }

    /// The same config as the newest release reads it.
    pub(crate) fn for_newest(&self) -> ConfigView<'a> {
        ConfigView {
            pointer: self.pointer.clone(),
            union: self.union,
            renames_activations: self.renames_activations,
            alpha_is_rank: self.alpha_is_rank,
            ..ConfigView::alone(self.node, self.method)
        }
    }

    /// Whether the release has this key.
    pub(crate) fn knows(&self, key: &str) -> bool {
        self.release == Release::NEWEST || self.release.knows_key(self.method, key)
    }

    /// The keys that the release needs.
    pub(crate) fn required(&self) -> &'static [&'static str] {
        self.release.required(self.method)
    }

    /// What the release makes of a value of this key.
    pub(crate) fn judge(&self, key: &str, value: &Value) -> Judgement {
        let newest = || self.use_of(key).judge(value);
        match release::values::judge(self.release, self.method, key, value) {
            // What the newest refuses as well is not told as new.
            Some(Judgement::Refused(Flaw::Newer, why)) => match newest() {
                refused @ Judgement::Refused(..) => refused,
                _ => Judgement::Refused(Flaw::Newer, why),
            },
            Some(judgement) => judgement,
            None => newest(),
        }
    }

    /// How the library uses a key in this config.
    pub(crate) fn use_of(&self, key: &str) -> Use {
        match key {
            "r" if self.is_scaling() => Use::ScaleRank,
            // (IA)³ multiplies by alpha itself, LoRA by its share for each rank.
            "alpha" if self.is_scaling() => Use::Factor,
            // The library multiplies by the length of a flat prefix before torch sees it.
            "prefix_length" if self.is_true("flat") => Use::InnerSize,
            _ => Use::of(self.method, key),
        }
    }

    /// adapter-transformers 1.x nested the keys of invertible adapters; later releases read them, and they win.
    fn nested(&self, key: &str) -> Option<&'a Member> {
        let part = match (self.method, key) {
            (Method::Bottleneck, "inv_adapter") => "block_type",
            (Method::Bottleneck, "inv_adapter_reduction_factor") => "reduction_factor",
            _ => return None,
        };
        if !self.builds_invertible {
            return None;
        }
        self.node.get("invertible_adapter")?.member(part)
    }

    /// The value that the library's object holds: what is written, else the default; `None` if a required key is
    /// missing or there is no such key.
    pub(crate) fn value(&self, key: &str) -> Option<Cow<'_, Value>> {
        if let Some(upgraded) = self.upgraded(key) {
            return Some(Cow::Owned(upgraded));
        }
        match self.written(key) {
            Some(member) => Some(member.node.value()),
            None => default_of(self.method, key).map(Cow::Borrowed),
        }
    }

    /// The method in words.
    pub(crate) fn title(&self) -> &'static str {
        title_of(self.method)
    }

    /// The key of this method that is spelt most like an unknown one.
    pub(crate) fn nearest_key(&self, unknown: &str) -> Option<&'static str> {
        crate::findings::nearest(unknown, fields(self.method).iter().map(|(key, _)| key.as_str()))
    }

    /// Whether `leave_out` names this layer.
    pub(crate) fn leaves_out(&self, layer: u64) -> bool {
        self.method != Method::Reft && self.listed_layers().is_some_and(|listed| listed.contains(&layer))
    }

    /// The layers that the list under `leave_out`, or `layers` of ReFT, names; `None` if there is no list.
    pub(crate) fn listed_layers(&self) -> Option<&BTreeSet<u64>> {
        let read = || {
            let key = if self.method == Method::Reft { "layers" } else { "leave_out" };
            let value = self.value(key)?;
            listed_layers(&value)
        };
        self.listed.get_or_init(read).as_ref()
    }

    /// Whether Python takes the value for true.
    pub(crate) fn is_true(&self, key: &str) -> bool {
        self.value(key).is_some_and(|value| python::is_true(&value))
    }

    /// The pointer of a key in this config.
    pub(crate) fn pointer_of(&self, key: &str) -> String {
        match self.nested(key) {
            Some(member) => format!("{}/invertible_adapter/{}", self.pointer, member.key),
            None => pointer::push(&self.pointer, key),
        }
    }

    /// The place of a key's value; of the whole config if the key is not written.
    pub(crate) fn place_of(&self, key: &str) -> (String, Span) {
        match self.written(key) {
            Some(member) => (self.pointer_of(key), member.node.span),
            None => (self.pointer.clone(), Span::new(self.node.span.start, self.node.span.start + 1)),
        }
    }

    /// The same, but the key itself for a value of several parts.
    pub(crate) fn heading_of(&self, key: &str) -> (String, Span) {
        let (pointer, span) = self.place_of(key);
        let member = self.written(key).filter(|member| member.node.is_map() || member.node.is_list());
        (pointer, member.map_or(span, |member| member.key_span))
    }

    /// Whether the key is written, with another value than its default.
    pub(crate) fn differs(&self, key: &str) -> bool {
        self.written(key).is_some_and(|member| {
            default_of(self.method, key).is_none_or(|default| !python::equal(&member.node.value(), default))
        })
    }

    /// What loading makes of old activation names in files without `version`, and of LoRA's `alpha` in files of
    /// releases that did not use it.
    fn upgraded(&self, key: &str) -> Option<Value> {
        if key == "alpha" && self.alpha_is_rank {
            return self.value("r").map(Cow::into_owned);
        }
        if key != "non_linearity" || !self.renames_activations {
            return None;
        }
        let renamed = match self.written(key)?.node.as_str()? {
            "gelu" => "gelu_new",
            "gelu_orig" => "gelu",
            _ => return None,
        };
        Some(Value::String(renamed.to_owned()))
    }
}

/// A method with its article, where it has one.
pub(crate) fn title_with_article(method: Method) -> String {
    match method {
        Method::Bottleneck | Method::Union => format!("a {}", title_of(method)),
        _ => title_of(method).to_owned(),
    }
}

/// A method in words, as the end of "this …".
pub(crate) fn title_of(method: Method) -> &'static str {
    match method {
        Method::Bottleneck => "bottleneck adapter",
        Method::PrefixTuning => "prefix tuning",
        Method::PromptTuning => "prompt tuning",
        Method::Lora => "LoRA",
        Method::MtlLora => "MTL-LoRA",
        Method::Reft => "ReFT",
        Method::Union => "union",
    }
}

/// A method's default of a key; `None` for a required or unknown key.
pub(crate) fn default_of(method: Method, key: &str) -> Option<&'static Value> {
    fields(method).iter().find(|(name, _)| name == key).and_then(|(_, default)| default.as_ref())
}

/// Keys and defaults, `None` for a key that must be given.
type Fields = Vec<(String, Option<Value>)>;

/// A method's keys and defaults, computed once.
pub(crate) fn fields(method: Method) -> &'static [(String, Option<Value>)] {
    static FIELDS: OnceLock<Vec<Fields>> = OnceLock::new();
    let all = FIELDS.get_or_init(|| Method::ALL.iter().map(|method| method.fields()).collect());
    &all[method as usize]
}
