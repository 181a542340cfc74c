//! Prediction heads: their types, and where a file describes one.

use super::keys::{Key, Takes, keys};
use super::model_classes::{Class, ModelClass, class_of, of_model_type};
use super::object::{Object, Others, object};
use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::document::{Node, pointer};
use crate::python::node_is_true;
use crate::value::{Int, Value};

keys! {
    /// Classification of texts.
    CLASSIFICATION {
        + "head_type" Anything; - "num_labels" Integer(1); - "layers" Index(i64::MIN); - "activation_function" Anything;
        - "label2id" ObjectOrNull; - "id2label" Anything; - "use_pooler" Truth; - "bias" Truth;
        - "dropout_prob" ProbabilityOrNull;
    }
    /// Classification of images.
    IMAGE_CLASSIFICATION {
        + "head_type" Anything; - "num_labels" Integer(1); - "layers" Index(i64::MIN); - "activation_function" Anything;
        - "multilabel" Truth; - "label2id" ObjectOrNull; - "id2label" Anything; - "use_pooler" Truth;
        - "bias" Truth; - "dropout_prob" ProbabilityOrNull;
    }
    /// Choice among several inputs.
    MULTIPLE_CHOICE {
        + "head_type" Anything; - "num_choices" Index(1); - "layers" Index(i64::MIN); - "activation_function" Anything;
        - "label2id" ObjectOrNull; - "id2label" Anything; - "use_pooler" Truth; - "dropout_prob" ProbabilityOrNull;
    }
    /// A label for each token, or for the start and the end of an answer.
    TOKENS {
        + "head_type" Anything; - "num_labels" Integer(1); - "layers" Index(i64::MIN); - "activation_function" Anything;
        - "label2id" ObjectOrNull; - "id2label" Anything; - "dropout_prob" ProbabilityOrNull;
    }
    /// Dependency parsing.
    PARSING {
        + "head_type" Anything; - "num_labels" Integer(1); - "label2id" ObjectOrNull; - "id2label" Anything;
    }
    /// Causal language modelling.
    CAUSAL_LM {
        + "head_type" Anything; - "vocab_size" IntegerIfTrue(1); - "embedding_size" IntegerIfTrue(1); - "layers" Index(i64::MIN);
        - "activation_function" Anything; - "layer_norm" Truth; - "bias" Truth; - "shift_labels" Truth;
        - "label2id" ObjectOrNull; - "id2label" Anything; - "dropout_prob" Anything;
    }
    /// Masked language modelling.
    MASKED_LM {
        + "head_type" Anything; - "vocab_size" IntegerIfTrue(1); - "embedding_size" IntegerIfTrue(1); - "layers" Index(i64::MIN);
        - "activation_function" Anything; - "layer_norm" Truth; - "bias" Truth; - "shift_labels" Truth;
        - "label2id" ObjectOrNull; - "id2label" Anything;
    }
    /// Language modelling of a decoder that has an encoder.
    SEQ2SEQ_LM {
        + "head_type" Anything; - "vocab_size" IntegerIfTrue(1); - "layers" Index(i64::MIN); - "activation_function" Anything;
        - "layer_norm" Truth; - "bias" Truth; - "shift_labels" Truth; - "label2id" ObjectOrNull;
        - "id2label" Anything;
    }
    /// A head of unknown type.
    ANY_HEAD { + "head_type" Anything; }
}

/// A type of head.
#[derive(Debug)]
pub(in super::super) struct HeadType {
    /// The value of `head_type`.
    pub(in super::super) name: &'static str,
    keys: &'static [Key],
    /// The key that counts its outputs; none for a language model, which has no labels.
    pub(in super::super) outputs: Option<&'static str>,
    /// The number of layers unless `layers` says otherwise; none if it has no such key.
    pub(in super::super) layers: Option<i64>,
}

/// Every type of head that the library can build from a file.
pub(in super::super) const HEAD_TYPES: &[HeadType] = &[
    head_type("classification", CLASSIFICATION, Some("num_labels"), Some(2)),
    head_type("multilabel_classification", CLASSIFICATION, Some("num_labels"), Some(2)),
    head_type("tagging", TOKENS, Some("num_labels"), Some(1)),
    head_type("multiple_choice", MULTIPLE_CHOICE, Some("num_choices"), Some(2)),
    head_type("question_answering", TOKENS, Some("num_labels"), Some(1)),
    head_type("dependency_parsing", PARSING, Some("num_labels"), None),
    head_type("masked_lm", MASKED_LM, None, Some(2)),
    head_type("causal_lm", CAUSAL_LM, None, Some(1)),
    head_type("seq2seq_lm", SEQ2SEQ_LM, None, Some(1)),
    head_type("image_classification", IMAGE_CLASSIFICATION, Some("num_labels"), Some(2)),
];

const fn head_type(
    name: &'static str,
    keys: &'static [Key],
    outputs: Option<&'static str>,
    layers: Option<i64>,
) -> HeadType {
    HeadType { name, keys, outputs, layers }
}

/// A head that a file describes.
#[derive(Debug)]
pub(in super::super) struct Head<'a> {
    /// Its config.
    pub(in super::super) node: &'a Node,
    /// Where the config stands.
    pub(in super::super) pointer: String,
    /// Its type, if the library has it.
    pub(in super::super) kind: Option<&'static HeadType>,
    /// The class that the file names for it.
    pub(in super::super) class: Option<&'static ModelClass>,
    /// Whether it stands in a model's config, where the ids of labels are not converted.
    pub(in super::super) in_section: bool,
}

impl<'a> Head<'a> {
    fn new(node: &'a Node, pointer: String, class: Option<&'static ModelClass>, in_section: bool) -> Self {
        let written = node.get("head_type").and_then(Node::as_str);
        let kind = written.and_then(|name| HEAD_TYPES.iter().find(|kind| kind.name == name));
        Self { node, pointer, kind, class, in_section }
    }

    /// Whether the head is a language model.
    pub(in super::super) fn is_language_model(&self) -> bool {
        self.kind.is_some_and(|kind| kind.outputs.is_none())
    }

    /// The value of a key, null if it is not written.
    pub(in super::super) fn value(&self, key: &str) -> Value {
        self.node.get(key).map_or(Value::Null, Node::to_value)
    }

    /// The number of layers, if it is a number.
    pub(in super::super) fn layers(&self) -> Option<i64> {
        match self.node.get("layers") {
            Some(node) => super::python::index(&node.to_value()),
            None => self.kind?.layers,
        }
    }

    /// The number of labels or choices, if it is a number.
    pub(in super::super) fn outputs(&self) -> Option<i64> {
        let key = self.kind?.outputs?;
        let value = self.node.get(key).map_or(Value::Int(Int::from(2)), Node::to_value);
        value.as_i64()
    }

    /// The key and value from which the library takes the labels.
    pub(in super::super) fn labels(&self) -> Option<(&'static str, &'a Node)> {
        let given = |key: &str| self.node.get(key).filter(|node| !node.is_null());
        let label2id = given("label2id").map(|node| ("label2id", node));
        let id2label = given("id2label").map(|node| ("id2label", node));
        let label2id_wins = !self.in_section && label2id.is_some_and(|(_, node)| node_is_true(node));
        if label2id_wins { label2id } else { id2label.or(label2id) }
    }

    pub(super) fn object(&self) -> Object<'a> {
        let (what, keys, others) = match self.kind {
            Some(kind) => (format!("a `{}` head", kind.name), kind.keys, Others::Refused),
            None => ("the head".to_owned(), ANY_HEAD, Others::Foreign),
        };
        let chosen_by = self.node.get("head_type").map(|node| node.span);
        Object { chosen_by, ..object(what, self.node, self.pointer.clone(), keys, others) }
    }
}

/// Every head that the library builds from this file.
pub(in super::super) fn heads<'a>(subject: &Subject<'a>) -> Vec<Head<'a>> {
    match subject.kind {
        FileKind::HeadConfig => {
            let Some(config) = subject.root.get("config").filter(|config| config.is_map()) else { return Vec::new() };
            if !is_flex_file(subject.root) && config.get("head_type").is_none() {
                return Vec::new();
            }
            let class = match written_class(subject) {
                Some(Class::Flex(class)) => Some(class),
                _ => None,
            };
            vec![Head::new(config, "/config".to_owned(), class, false)]
        }
        FileKind::ModelAdaptersSection if is_flex_model(subject.root) => {
            let class = subject.root.get("model_type").and_then(Node::as_str).and_then(of_model_type);
            let heads = subject.root.get("prediction_heads").map_or(&[][..], Node::members);
            let at = |name: &str| pointer::push("/prediction_heads", name);
            heads.iter().map(|member| Head::new(&member.node, at(&member.key), class, true)).collect()
        }
        _ => Vec::new(),
    }
}

/// The class that a `head_config.json` names.
pub(in super::super) fn written_class(subject: &Subject<'_>) -> Option<Class> {
    let is_head = subject.kind == FileKind::HeadConfig;
    subject.root.get("model_class").filter(|_| is_head).and_then(Node::as_str).map(class_of)
}

/// Whether a `head_config.json` is of a class with flexible heads; one that names no class is taken for such.
pub(in super::super) fn is_flex_file(root: &Node) -> bool {
    match root.get("model_class").map(Node::as_str) {
        Some(Some(name)) => matches!(class_of(name), Class::Flex(_) | Class::UnknownFlex),
        _ => root.get("config").is_none_or(|config| !config.is_null()) || !root.is_map(),
    }
}

/// Whether a model's config is of a class with flexible heads, as far as it says so.
fn is_flex_model(root: &Node) -> bool {
    let architecture = root.get("architectures").and_then(|list| list.items().first()).and_then(Node::as_str);
    architecture.is_none_or(|name| matches!(class_of(name), Class::Flex(_) | Class::UnknownFlex))
}
