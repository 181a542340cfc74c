//! Layers of values that know where each value comes from.
//!
//! A [`Layer`] maps keys to values, every leaf with its [`Origin`]. A leaf is a scalar, an empty mapping, or a list
//! that holds no filled mapping; other lists and mappings are descended into.
//!
//! [`Layer::over`] lays one layer over another as Python's `dict.update` does, and so the AdapterHub library: a key of the
//! upper layer replaces the whole value of the lower one.
//!
//! Laws, for all layers `a`, `b`, `c` (property-tested in `tests/laws/merge.rs`):
//!
//! 1. *identity*: the empty layer over `a`, and `a` over the empty layer, are `a`;
//! 2. *associativity*: `c` over (`b` over `a`) = (`c` over `b`) over `a`;
//! 3. *right bias*: every key of the upper layer has the upper layer's value and origins;
//! 4. *idempotence*: `a` over `a` is `a`;
//! 5. *origins* cover exactly the leaves: one pointer each, and no other;
//! 6. *sparseness*: [`Layer::sparse`] over the defaults is the full layer again, for every full layer that has all
//!    keys of the defaults.

mod path;

use std::fmt;

use indexmap::IndexMap;

use crate::document::{Kind, Node, Span, pointer};
use crate::python;
use crate::value::{Map, Value};

pub use path::{PathError, SetPath};

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Origin {
    /// The default of a type.
    Default {
        /// The type's name.
        of: String,
    },
    /// A named architecture.
    Preset {
        /// Its name.
        name: String,
    },
    /// A file.
    File {
        /// Its path, or another name for it.
        path: String,
        /// The line, from 1.
        line: usize,
    },
    /// A card of the Hub.
    Card {
        /// Its path.
        path: String,
        /// The line, from 1.
        line: usize,
    },
    /// The brackets of a config string.
    ConfigString,
    /// An object given in place of a file.
    Inline,
    /// An override of the caller.
    Override,
    /// What the library makes of something else: another key, the base model.
    Derived {
        /// Of what, in words.
        from: String,
    },
    /// A change that the library makes to older files.
    Upgrade {
        /// The name of the change.
        rule: &'static str,
    },
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default { of } => write!(f, "default of {of}"),
            Self::Preset { name } => write!(f, "preset {name}"),
            Self::File { path, line } | Self::Card { path, line } => write!(f, "{path}:{line}"),
            Self::ConfigString => f.write_str("config string"),
            Self::Inline => f.write_str("argument"),
            Self::Override => f.write_str("override"),
            Self::Derived { from } => write!(f, "derived: {from}"),
            Self::Upgrade { rule } => write!(f, "upgrade {rule}"),
        }
    }
}

/// A value whose leaves know their origin.
#[derive(Debug, Clone, PartialEq)]
pub enum Layered {
    /// A scalar, an empty mapping, or a list without filled mappings.
    Leaf(Value, Origin),
    /// A list that holds filled mappings.
    List(Vec<Layered>),
    /// A filled mapping.
    Map(Layer),
}

impl Layered {
    /// A value all of one origin.
    #[must_use]
    pub fn new(value: Value, origin: &Origin) -> Self {
        match value {
            Value::Map(map) if !map.is_empty() => Self::Map(Layer::new(map, origin)),
            Value::List(items) if !items.iter().all(is_leaf) => {
                Self::List(items.into_iter().map(|item| Self::new(item, origin)).collect())
            }
            leaf => Self::Leaf(leaf, origin.clone()),
        }
    }

    /// A value of a document; `origin` tells where a span belongs.
    pub fn from_node(node: &Node, origin: &impl Fn(Span) -> Origin) -> Self {
        match &node.kind {
            Kind::Map(members) if !members.is_empty() => {
                let mut layer = Layer::default();
                for member in members {
                    layer.insert(member.key.clone(), Self::from_node(&member.node, origin));
                }
                Self::Map(layer)
            }
            Kind::List(items) if !is_leaf(&node.to_value()) => {
                Self::List(items.iter().map(|item| Self::from_node(item, origin)).collect())
            }
            _ => Self::Leaf(node.to_value(), origin(node.span)),
        }
    }

    /// The value without its origins.
    #[must_use]
    pub fn value(&self) -> Value {
        match self {
            Self::Leaf(value, _) => value.clone(),
            Self::List(items) => Value::List(items.iter().map(Self::value).collect()),
            Self::Map(layer) => Value::Map(layer.value()),
        }
    }

    /// The mapping in it; an empty one for an empty mapping.
    #[must_use]
    pub fn as_layer(&self) -> Option<Layer> {
        match self {
            Self::Map(layer) => Some(layer.clone()),
            Self::Leaf(Value::Map(_), _) => Some(Layer::default()),
            _ => None,
        }
    }

    /// The items of a list, each with its origins.
    #[must_use]
    pub fn items(&self) -> Option<Vec<Self>> {
        match self {
            Self::List(items) => Some(items.clone()),
            Self::Leaf(Value::List(items), origin) => {
                Some(items.iter().map(|item| Self::new(item.clone(), origin)).collect())
            }
            _ => None,
        }
    }

    /// A list from items; a leaf of the first item's origin if no item holds a filled mapping.
    #[must_use]
    pub fn from_items(items: Vec<Self>, otherwise: &Origin) -> Self {
        if items.iter().any(|item| !matches!(item, Self::Leaf(..))) {
            return Self::List(items);
        }
        let origin = match items.first() {
            Some(Self::Leaf(_, origin)) => origin.clone(),
            _ => otherwise.clone(),
        };
        Self::Leaf(Value::List(items.iter().map(Self::value).collect()), origin)
    }

    fn origins<'a>(&'a self, at: &str, found: &mut Vec<(String, &'a Origin)>) {
        match self {
            Self::Leaf(_, origin) => found.push((at.to_owned(), origin)),
            Self::List(items) => {
                for (index, item) in items.iter().enumerate() {
                    item.origins(&pointer::push(at, index), found);
                }
            }
            Self::Map(layer) => {
                for (key, value) in layer.iter() {
                    value.origins(&pointer::push(at, key), found);
                }
            }
        }
    }
}

/// Whether a value is a leaf: it has no filled mapping in it.
fn is_leaf(value: &Value) -> bool {
    match value {
        Value::Map(map) => map.is_empty(),
        Value::List(items) => items.iter().all(is_leaf),
        _ => true,
    }
}

/// Keys in order, with values that know their origin.
#[derive(Debug, Clone, Default)]
pub struct Layer(IndexMap<String, Layered>);

impl Layer {
    /// A mapping all of one origin.
    #[must_use]
    pub fn new(map: Map, origin: &Origin) -> Self {
        map.into_iter().map(|(key, value)| (key, Layered::new(value, origin))).collect()
    }

    /// The value under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Layered> {
        self.0.get(key)
    }

    /// Sets `key`; a new key goes last.
    pub fn insert(&mut self, key: impl Into<String>, value: Layered) {
        self.0.insert(key.into(), value);
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Layered> {
        self.0.shift_remove(key)
    }

    /// The entries in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Layered)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// How many keys.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no keys.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The values without their origins.
    #[must_use]
    pub fn value(&self) -> Map {
        self.iter().map(|(key, value)| (key.to_owned(), value.value())).collect()
    }

    /// JSON pointer and origin of every leaf, in order.
    #[must_use]
    pub fn origins(&self) -> Vec<(String, &Origin)> {
        let mut found = Vec::new();
        for (key, value) in self.iter() {
            value.origins(&pointer::push("", key), &mut found);
        }
        found
    }

    /// The origin of the leaf at a JSON pointer.
    #[must_use]
    pub fn origin(&self, pointer: &str) -> Option<&Origin> {
        self.origins().into_iter().find(|(known, _)| known == pointer).map(|(_, origin)| origin)
    }

    /// This layer over a lower one, as `dict.update` does it. Keys keep the lower layer's order; new ones go last.
    #[must_use]
    pub fn over(self, lower: Self) -> Self {
        let mut merged = lower;
        merged.0.extend(self.0);
        merged
    }

    /// The keys whose value is not, to the digit, the one in `defaults`.
    #[must_use]
    pub fn sparse(&self, defaults: &Map) -> Self {
        let differs =
            |key: &str, value: &Layered| defaults.get(key).is_none_or(|default| !python::same(default, &value.value()));
        self.iter()
            .filter(|(key, value)| differs(key, value))
            .map(|(key, value)| (key.to_owned(), value.clone()))
            .collect()
    }
}

/// The order of the keys counts.
impl PartialEq for Layer {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().eq(other.0.iter())
    }
}

impl FromIterator<(String, Layered)> for Layer {
    fn from_iter<I: IntoIterator<Item = (String, Layered)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl IntoIterator for Layer {
    type Item = (String, Layered);
    type IntoIter = std::vec::IntoIter<(String, Layered)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().collect::<Vec<_>>().into_iter()
    }
}
