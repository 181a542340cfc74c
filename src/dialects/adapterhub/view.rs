//! A config as the library's object would hold it: every key with the value that is written or the default.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::sync::OnceLock;

use super::config::Method;
use super::flaws::{self, KeyFlaw};
use crate::dialects::FileKind;
use crate::document::{Document, Member, Node, Span, pointer};
use crate::lint::Options;
use crate::models::Model;
use crate::value::{Int, Value};

/// What the rules of this dialect look at.
pub(crate) struct Subject<'a> {
    /// What the file is.
    pub(crate) kind: FileKind,
    /// Its text.
    pub(crate) document: &'a Document,
    /// Its outermost value.
    pub(crate) root: &'a Node,
    /// Every method's config in it: of an adapter, of each member of a union, of each entry of a config map.
    pub(crate) configs: Vec<ConfigView<'a>>,
    /// Every object that stands where a config belongs, whatever its `architecture`.
    pub(crate) candidates: Vec<(String, &'a Node)>,
    /// The base model, as far as it is known.
    pub(crate) model: Option<Model>,
    flaws: OnceCell<Vec<KeyFlaw>>,
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
}

impl<'a> Subject<'a> {
    /// Finds the configs in a file.
    pub(crate) fn new(kind: FileKind, document: &'a Document, root: &'a Node, options: &Options) -> Self {
        let mut subject = Self {
            kind,
            document,
            root,
            configs: Vec::new(),
            candidates: Vec::new(),
            flaws: OnceCell::new(),
            model: options.model.clone().or_else(|| Model::of_adapter(root)),
        };
        match kind {
            FileKind::AdapterConfig => {
                if let Some(config) = root.get("config") {
                    let renames = root.get("version").is_none();
                    subject.add(config, "/config".to_owned(), None, renames);
                }
            }
            FileKind::Config => subject.add(root, String::new(), None, false),
            FileKind::ModelAdaptersSection => {
                let map = pointer::find(root, "/adapters/config_map").map_or(&[][..], |(node, _)| node.members());
                let names = pointer::find(root, "/adapters/adapters").map_or(&[][..], |(node, _)| node.members());
                // The library reads only the entries that an adapter names.
                let is_used = |member: &&Member| names.iter().any(|name| name.node.as_str() == Some(&member.key));
                for member in map.iter().filter(is_used) {
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
        let architecture = match node.get("architecture") {
            None => None,
            Some(written) => match written.to_value() {
                Value::Null => None,
                Value::String(name) => Some(name),
                _ => return,
            },
        };
        let Some(method) = Method::of_architecture(architecture.as_deref()) else { return };
        let index = self.configs.len();
        self.configs.push(ConfigView { pointer: pointer.clone(), node, method, union, renames_activations });
        if method == Method::Union
            && union.is_none()
            && let Some(members) = node.get("configs")
        {
            for (at, member) in members.items().iter().enumerate() {
                self.add(member, format!("{pointer}/configs/{at}"), Some(index), false);
            }
        }
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
    /// The key as it is written in this config.
    pub(crate) fn written(&self, key: &str) -> Option<&'a Member> {
        self.node.member(key)
    }

    /// The value that the library's object holds: what is written, else the default; `None` if a required key is
    /// missing or there is no such key.
    pub(crate) fn value(&self, key: &str) -> Option<Cow<'_, Value>> {
        if let Some(upgraded) = self.upgraded(key) {
            return Some(Cow::Owned(upgraded));
        }
        match self.written(key) {
            Some(member) => Some(Cow::Owned(member.node.to_value())),
            None => default_of(self.method, key).map(Cow::Borrowed),
        }
    }

    /// The method in words.
    pub(crate) fn title(&self) -> &'static str {
        title_of(self.method)
    }

    /// The key of this method that is spelt most like an unknown one.
    pub(crate) fn nearest_key(&self, unknown: &str) -> Option<&'static str> {
        crate::lint::nearest(unknown, fields(self.method).iter().map(|(key, _)| key.as_str()))
    }

    /// Whether `leave_out` names this layer.
    pub(crate) fn leaves_out(&self, layer: u64) -> bool {
        let layer = Value::Int((layer as i64).into());
        let Some(listed) = self.value("leave_out") else { return false };
        listed.as_list().is_some_and(|items| items.iter().any(|item| python_eq(item, &layer)))
    }

    /// Whether Python takes the value for true.
    pub(crate) fn is_true(&self, key: &str) -> bool {
        self.value(key).is_some_and(|value| is_truthy(&value))
    }

    /// The pointer of a key in this config.
    pub(crate) fn pointer_of(&self, key: &str) -> String {
        pointer::push(&self.pointer, key)
    }

    /// The place of a key's value; of the whole config if the key is not written.
    pub(crate) fn place_of(&self, key: &str) -> (String, Span) {
        match self.written(key) {
            Some(member) => (self.pointer_of(key), member.node.span),
            None => (self.pointer.clone(), Span::new(self.node.span.start, self.node.span.start + 1)),
        }
    }

    /// Whether the key is written, with another value than its default.
    pub(crate) fn differs(&self, key: &str) -> bool {
        self.written(key).is_some_and(|member| {
            default_of(self.method, key).is_none_or(|default| !python_eq(&member.node.to_value(), default))
        })
    }

    /// What loading makes of old spellings: the nested `invertible_adapter` of adapter-transformers 1.x, and old
    /// activation names in files without `version`.
    fn upgraded(&self, key: &str) -> Option<Value> {
        if self.method != Method::Bottleneck {
            return None;
        }
        match key {
            "inv_adapter" | "inv_adapter_reduction_factor" => {
                let nested = &self.written("invertible_adapter")?.node;
                let part = if key == "inv_adapter" { "block_type" } else { "reduction_factor" };
                nested.get(part).map(Node::to_value)
            }
            "non_linearity" if self.renames_activations => {
                let renamed = match self.written(key)?.node.as_str()? {
                    "gelu" => "gelu_new",
                    "gelu_orig" => "gelu",
                    _ => return None,
                };
                Some(Value::String(renamed.to_owned()))
            }
            _ => None,
        }
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

/// A method's keys and defaults, computed once.
pub(crate) fn fields(method: Method) -> &'static [(String, Option<Value>)] {
    static FIELDS: OnceLock<Vec<Vec<(String, Option<Value>)>>> = OnceLock::new();
    let all = FIELDS.get_or_init(|| Method::ALL.iter().map(|method| method.fields()).collect());
    &all[method as usize]
}

/// Python's truth of a value.
pub(crate) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Int(int) => *int != Int::from(0),
        Value::Float(f) => *f != 0.0,
        Value::String(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(map) => !map.is_empty(),
    }
}

/// Python's `==`: numbers and booleans compare by value.
pub(crate) fn python_eq(a: &Value, b: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Bool(b) => Some(f64::from(u8::from(*b))),
        other => other.as_f64(),
    };
    match (a, b) {
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| python_eq(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| python_eq(a, b)))
        }
        (Value::Int(a), Value::Int(b)) => a == b,
        _ => match (number(a), number(b)) {
            #[expect(clippy::float_cmp, reason = "Python compares exactly too")]
            (Some(a), Some(b)) => a == b,
            _ => a == b,
        },
    }
}
