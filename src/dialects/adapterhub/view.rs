//! A config as the library's object would hold it: every key with the value that is written or the default.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::OnceLock;

use super::config::Method;
use super::files::facts::structure::Flaw;
use super::flaws::{self, KeyFlaw};
use super::load::version::is_before_1_1_0;
use super::release::facts::since;
use super::release::{self, Release};
use super::uses::{Flaw as ValueFlaw, Judgement, Use, listed_layers};
use crate::dialects::{File, FileKind};
use crate::document::{Document, Member, Node, Span, pointer};
use crate::models::Model;
use crate::python::{self, node_is_true};
use crate::value::Value;

/// What the rules of this dialect look at.
pub(crate) struct Subject<'a> {
    /// What the file is.
    pub(crate) kind: FileKind,
    /// The file's name, without its folders.
    name: &'a str,
    /// Its text.
    pub(crate) document: &'a Document,
    /// Its outermost value.
    pub(crate) root: &'a Node,
    /// Every method's config in it: of an adapter, of each member of a union, of each entry of a config map.
    pub(crate) configs: Vec<ConfigView<'a>>,
    /// Every object that stands where a config belongs, whatever its `architecture`.
    pub(crate) candidates: Vec<(String, &'a Node)>,
    /// The objects among them that the release cannot read, as it has no such method, and the method that is meant.
    pub(crate) unreadable: Vec<(String, &'a Node, Option<Method>)>,
    /// The release that the file is for.
    pub(crate) release: Release,
    /// The base model, as far as it is known.
    pub(crate) model: Option<Model>,
    flaws: OnceCell<Vec<KeyFlaw>>,
    of_adapters_1_0: OnceCell<bool>,
    /// The structural flaws of a file beside the configs, once a rule has asked for them.
    pub(super) structure: OnceCell<Vec<Flaw>>,
}

/// One method's config in a file.
pub(crate) struct ConfigView<'a> {
    /// Where it stands.
    pub(crate) pointer: String,
    /// The object as written.
    pub(crate) node: &'a Node,
    /// The method that `architecture` selects.
    pub(crate) method: Method,
    /// The index of the union it is a member of, in [`Subject::configs`].
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
    listed: OnceCell<Option<BTreeSet<u64>>>,
}

impl<'a> Subject<'a> {
    /// Finds the configs in a file.
    pub(crate) fn new(kind: FileKind, file: File<'a>) -> Self {
        let File { document, root, name, model, release, .. } = file;
        let mut subject = Self {
            kind,
            name: name.rsplit(['/', '\\']).next().unwrap_or(name),
            document,
            root,
            configs: Vec::new(),
            candidates: Vec::new(),
            unreadable: Vec::new(),
            release,
            flaws: OnceCell::new(),
            of_adapters_1_0: OnceCell::new(),
            structure: OnceCell::new(),
            model: model.cloned().or_else(|| Model::of_adapter(root)),
        };
        match kind {
            FileKind::AdapterConfig => {
                if let Some(config) =
                    root.get("config").filter(|config| node_is_true(config) || !subject.is_saved_adapter())
                {
                    let renames = root.get("version").is_none();
                    subject.add(config, "/config".to_owned(), None, renames);
                }
            }
            // Reading a bare file, the library looks for a nested config first.
            FileKind::Config => subject.add(root, String::new(), None, false),
            FileKind::ModelAdaptersSection => {
                let map = pointer::find(root, "/adapters/config_map").map_or(&[][..], |(node, _)| node.members());
                let names = pointer::find(root, "/adapters/adapters").map_or(&[][..], |(node, _)| node.members());
                // The library reads only the entries that an adapter names.
                let used: BTreeSet<&str> = names.iter().filter_map(|name| name.node.as_str()).collect();
                for member in map.iter().filter(|member| used.contains(member.key.as_str())) {
                    let at = pointer::push("/adapters/config_map", &member.key);
                    subject.add(&member.node, at, None, false);
                }
            }
            _ => {}
        }
        subject
    }

    fn add(&mut self, node: &'a Node, pointer: String, union: Option<usize>, renames_activations: bool) {
        if !node.is_map() {
            return;
        }
        self.candidates.push((pointer.clone(), node));
        let method = match method_read(node, self.release) {
            Reading::As(method) => method,
            Reading::Nothing => return,
            Reading::Misread(meant) => {
                self.unreadable.push((pointer, node, meant));
                return;
            }
        };
        let index = self.configs.len();
        let alpha_is_rank = method == Method::Lora
            && pointer == "/config"
            && self.release.is_since(since::SCALES_LORA)
            && self.is_of_adapters_1_0();
        self.configs.push(ConfigView {
            pointer: pointer.clone(),
            node,
            method,
            union,
            renames_activations: renames_activations && self.release.is_since(since::ARCHITECTURES),
            alpha_is_rank,
            builds_invertible: !self.release.refuses_unknown_keys()
                || self.root.get("type").and_then(Node::as_str) == Some("text_lang"),
            release: self.release,
            listed: OnceCell::new(),
        });
        if method == Method::Union
            && union.is_none()
            && let Some(members) = node.get("configs")
        {
            for (at, member) in members.items().iter().enumerate() {
                self.add(member, format!("{pointer}/configs/{at}"), Some(index), false);
            }
        }
    }

    /// Whether this is a file as the library saves it with an adapter's weights, and not just a config under `config`.
    pub(crate) fn is_saved_adapter(&self) -> bool {
        const METADATA: [&str; 8] =
            ["model_type", "model_class", "model_name", "hidden_size", "version", "type", "config_id", "name"];
        self.kind == FileKind::AdapterConfig
            && (self.is_named("adapter_config.json") || METADATA.iter().any(|key| self.root.get(key).is_some()))
    }

    /// Whether the file was saved by adapters 1.0.x, whose LoRA did not scale by `alpha`: the library repairs it.
    pub(crate) fn is_of_adapters_1_0(&self) -> bool {
        *self.of_adapters_1_0.get_or_init(|| {
            let version = self.saved_member("version").and_then(|member| member.node.as_str());
            version.and_then(|version| version.strip_prefix("adapters.")).and_then(is_before_1_1_0) == Some(true)
        })
    }

    /// A key of the file around the config, if it is one that the library saves with an adapter's weights.
    pub(crate) fn saved_member(&self, key: &str) -> Option<&'a Member> {
        self.is_saved_adapter().then(|| self.root.member(key)).flatten()
    }

    /// Whether the file is called so.
    pub(crate) fn is_named(&self, name: &str) -> bool {
        self.name == name
    }

    /// The configs that are no unions.
    pub(crate) fn methods(&self) -> impl Iterator<Item = &ConfigView<'a>> {
        self.configs.iter().filter(|config| config.method != Method::Union)
    }

    /// What is wrong with the values of single keys, in all configs.
    pub(crate) fn flaws(&self) -> &[KeyFlaw] {
        let model = self.model.as_ref();
        self.flaws.get_or_init(|| self.methods().flat_map(|config| flaws::find(config, model)).collect())
    }

    /// The type that the base model's weights are loaded in, if its config says so.
    pub(crate) fn model_dtype(&self) -> Option<&str> {
        self.model.as_ref().and_then(|model| model.dtype.as_deref())
    }

    /// The configs of one method.
    pub(crate) fn of(&self, method: Method) -> impl Iterator<Item = &ConfigView<'a>> {
        self.configs.iter().filter(move |config| config.method == method)
    }
}

impl<'a> ConfigView<'a> {
    /// The key as it is written in this config; the part of a nested `invertible_adapter` that stands for it.
    pub(crate) fn written(&self, key: &str) -> Option<&'a Member> {
        let own = || self.node.member(key).filter(|_| key == "architecture" || self.knows(key));
        self.nested(key).or_else(own)
    }

    /// The same config as the newest release reads it.
    pub(crate) fn for_newest(&self) -> ConfigView<'a> {
        ConfigView {
            pointer: self.pointer.clone(),
            node: self.node,
            method: self.method,
            union: self.union,
            renames_activations: self.renames_activations,
            alpha_is_rank: self.alpha_is_rank,
            builds_invertible: true,
            release: Release::NEWEST,
            listed: OnceCell::new(),
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
            Some(Judgement::Refused(ValueFlaw::Newer, why)) => match newest() {
                refused @ Judgement::Refused(..) => refused,
                _ => Judgement::Refused(ValueFlaw::Newer, why),
            },
            Some(judgement) => judgement,
            None => newest(),
        }
    }

    /// How the library uses a key in this config.
    pub(crate) fn use_of(&self, key: &str) -> Use {
        if key == "r" && self.is_scaling() { Use::ScaleRank } else { Use::of(self.method, key) }
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

/// What a release reads an object as.
enum Reading {
    /// A config of this method.
    As(Method),
    /// No config at all, which the rule of unknown architectures tells.
    Nothing,
    /// A bottleneck adapter, as it does not know the `architecture`, and that without the keys of one.
    Misread(Option<Method>),
}

/// The method that a release reads a config as.
fn method_read(node: &Node, release: Release) -> Reading {
    let meant = method_meant(node);
    if release.is_since(since::REFUSES_ARCHITECTURES) {
        return meant.map_or(Reading::Nothing, Reading::As);
    }
    let exact = match node.get("architecture").map(Node::to_value) {
        None | Some(Value::Null) => return Reading::As(Method::Bottleneck),
        Some(Value::String(name)) => Method::of_architecture(Some(&name)),
        Some(_) => None,
    };
    match exact.filter(|method| release.knows_method(*method)) {
        Some(method) => Reading::As(method),
        None if release.required(Method::Bottleneck).iter().all(|key| node.get(key).is_some()) => {
            Reading::As(Method::Bottleneck)
        }
        None => Reading::Misread(meant),
    }
}

/// The method that `architecture` selects. For a name that the library does not know, the method that is plainly
/// meant, so that one misspelt word does not hide all other flaws; `None` where nothing is.
fn method_meant(node: &Node) -> Option<Method> {
    let Some(written) = node.get("architecture") else { return Some(Method::Bottleneck) };
    let name = match written.to_value() {
        Value::Null => return Some(Method::Bottleneck),
        Value::String(name) => name,
        _ => return None,
    };
    let near = || {
        let names = Method::ALL.into_iter().filter_map(Method::architecture);
        crate::findings::nearest(&name, names).and_then(|near| Method::of_architecture(Some(near)))
    };
    Method::of_architecture(Some(&name)).or_else(|| architecture_alias(&name)).or_else(near)
}

/// The method of a name that people write for it and the library does not know.
pub(crate) fn architecture_alias(name: &str) -> Option<Method> {
    let lower = name.to_lowercase();
    match lower.as_str() {
        "bottleneck" | "adapter" | "seq_bn" | "double_seq_bn" | "par_bn" | "pfeiffer" | "houlsby" => {
            Some(Method::Bottleneck)
        }
        "ia3" | "vera" | "dora" | "dvora" => Some(Method::Lora),
        "loreft" | "noreft" | "direft" => Some(Method::Reft),
        _ => Method::of_architecture(Some(&lower)),
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
