//! A config of PEFT as its rules see it: the method, the written keys, and what is wrong with single values.

use std::cell::OnceCell;

use super::uses::{Flaw, MethodUses};
use super::{PeftType, config};
use crate::document::{Document, Member, Node, Span, pointer};
use crate::models::{Model, Tree};
use crate::python::node_is_true;
use crate::value::Value;

/// A PEFT config to be judged.
pub(crate) struct Subject<'a> {
    /// Its text.
    pub(crate) document: &'a Document,
    /// The config.
    pub(crate) root: &'a Node,
    /// The method that `peft_type` names, if there is one of that name.
    pub(crate) method: Option<&'static MethodUses>,
    /// The base model, if the caller named one.
    pub(super) model: Option<&'a Model>,
    /// What is wrong with single values.
    pub(super) flaws: Vec<KeyFlaw>,
    /// The models that it may be meant for, as soon as somebody asks: some have thousands of modules.
    trees: OnceCell<Vec<Tree>>,
}

/// A flaw of one value.
#[derive(Debug, Clone)]
pub(crate) struct KeyFlaw {
    /// What the flaw is; `None` if PEFT takes the value all the same.
    pub(crate) flaw: Option<Flaw>,
    /// Where.
    pub(crate) pointer: String,
    /// Where.
    pub(crate) span: Span,
    /// In words.
    pub(crate) message: String,
    /// What would be right.
    pub(crate) expected: String,
    /// The value that was meant, as JSON writes it, and whether nothing else can be meant.
    pub(crate) meant: Option<(String, bool)>,
}

impl<'a> Subject<'a> {
    /// A config whose values nobody has judged yet.
    pub(super) fn new(document: &'a Document, root: &'a Node, model: Option<&'a Model>) -> Self {
        let method = root.get("peft_type").and_then(Node::as_str).and_then(PeftType::named).and_then(MethodUses::of);
        Self { document, root, method, model, flaws: Vec::new(), trees: OnceCell::new() }
    }

    /// The models that it may be meant for; none where they are not known.
    pub(crate) fn trees(&self) -> &[Tree] {
        self.trees.get_or_init(|| {
            let config = self.model.and_then(|model| model.config.as_ref());
            let task = self.root.get("task_type").and_then(Node::as_str);
            config.map(|config| Tree::candidates(config, task)).unwrap_or_default()
        })
    }

    /// What is wrong with single values.
    pub(crate) fn flaws(&self) -> &[KeyFlaw] {
        &self.flaws
    }

    /// Whether it is this method.
    pub(crate) fn is(&self, method: PeftType) -> bool {
        self.peft_type() == Some(method)
    }

    /// The member of a key, if it is written and the method has it.
    pub(crate) fn written(&self, key: &str) -> Option<&'a Member> {
        self.method?.use_of(key)?;
        self.root.member(key)
    }

    /// The value of a written key.
    pub(crate) fn value(&self, key: &str) -> Option<Value> {
        self.written(key).map(|member| member.node.to_value())
    }

    /// The member of a key whose value is true to Python.
    pub(crate) fn set(&self, key: &str) -> Option<&'a Member> {
        self.written(key).filter(|member| node_is_true(&member.node))
    }

    /// The number of a key, or its default; `None` if PEFT has no number for it.
    pub(crate) fn number(&self, key: &str) -> Option<f64> {
        match self.value(key) {
            None => self.default_number(key),
            Some(Value::Bool(flag)) => Some(f64::from(u8::from(flag))),
            Some(value) => value.as_f64(),
        }
    }

    /// The default of a key, if it is a number.
    pub(crate) fn default_number(&self, key: &str) -> Option<f64> {
        config::PeftMethod::of(self.peft_type()?).default_of(key).as_f64()
    }

    /// The pointer of a key.
    pub(crate) fn pointer_of(key: &str) -> String {
        pointer::push("", key)
    }

    /// The method, if PEFT has one of that name.
    pub(crate) fn peft_type(&self) -> Option<PeftType> {
        self.method.map(|method| method.peft_type)
    }

    /// The method, as a sentence names it.
    pub(crate) fn method_name(&self) -> &'static str {
        self.peft_type().map_or("PEFT", PeftType::name)
    }
}
