//! `--set key.key=value`: a path into a layer, and a value for it.

use std::fmt;
use std::str::FromStr;

use super::{Layer, Layered, Origin};
use crate::document::{MAX_DEPTH, json};
use crate::python::literal_eval;
use crate::value::Value;

/// An assignment such as `reduction_factor.default=8` or `configs.1.r=4`: keys and list positions, parted by dots,
/// and a value. The value is a Python or JSON literal; anything else is plain text.
#[derive(Debug, Clone, PartialEq)]
pub struct SetPath {
    /// The keys and list positions, outermost first; at least one.
    pub path: Vec<String>,
    /// The value.
    pub value: Value,
}

/// Why an assignment cannot be read or made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PathError {
    /// There is no `=`.
    NoValue {
        /// The text.
        text: String,
    },
    /// A part of the path is empty.
    EmptyPart {
        /// The text.
        text: String,
    },
    /// The path has more than [`MAX_DEPTH`] parts.
    TooDeep {
        /// How many parts there are.
        parts: usize,
    },
    /// A list has no such position.
    NoSuchItem {
        /// The path up to and including the position.
        path: String,
        /// How many items there are.
        length: usize,
    },
}

impl fmt::Display for PathError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoValue { text } => write!(f, "`{text}` is not of the form key=value"),
            Self::EmptyPart { text } => write!(f, "a part of the path in `{text}` is empty"),
            Self::TooDeep { parts } => write!(f, "the path has {parts} parts; at most {MAX_DEPTH} are followed"),
            Self::NoSuchItem { path, length } => {
                write!(f, "there is no `{path}`: the list has {length} items, counted from 0")
            }
        }
    }
}

impl std::error::Error for PathError {}

impl FromStr for SetPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let (path, value) = text.split_once('=').ok_or_else(|| PathError::NoValue { text: text.to_owned() })?;
        let path = path.trim();
        within_depth(path.split('.').count())?;
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        if path.iter().any(String::is_empty) {
            return Err(PathError::EmptyPart { text: text.to_owned() });
        }
        Ok(Self { path, value: literal(value) })
    }
}

/// Whether a path of so many parts can be followed: every part is a call inside the one before.
fn within_depth(parts: usize) -> Result<(), PathError> {
    if parts > MAX_DEPTH { Err(PathError::TooDeep { parts }) } else { Ok(()) }
}

/// The value of a literal in Python's or JSON's spelling; text if it is neither.
fn literal(text: &str) -> Value {
    let text = text.trim();
    if let Some(value) = literal_eval(text).ok().and_then(|object| object.to_value().ok()) {
        return value;
    }
    let (node, problems) = json::parse(text);
    match node {
        Some(node) if problems.iter().all(|problem| problem.kind.is_readable()) => node.to_value(),
        _ => Value::String(text.to_owned()),
    }
}

impl Layer {
    /// Sets the value at a path. Mappings are made where there are none; a list position must exist.
    ///
    /// # Errors
    /// [`PathError::NoSuchItem`] for a position that a list does not have, [`PathError::TooDeep`] for a path of more
    /// than [`MAX_DEPTH`] parts.
    pub fn set(&mut self, path: &[String], value: Layered) -> Result<(), PathError> {
        within_depth(path.len())?;
        self.set_below(path, 0, value)
    }

    fn set_below(&mut self, path: &[String], at: usize, value: Layered) -> Result<(), PathError> {
        let Some(key) = path.get(at) else {
            return Ok(());
        };
        let value = match self.get(key) {
            _ if at + 1 == path.len() => value,
            Some(below) => below.with(path, at + 1, value)?,
            None => nested(path, at + 1, value),
        };
        self.insert(key.clone(), value);
        Ok(())
    }
}

impl Layered {
    /// This value with the part at `path[at..]` replaced.
    fn with(&self, path: &[String], at: usize, value: Self) -> Result<Self, PathError> {
        let Some(key) = path.get(at) else {
            return Ok(value);
        };
        let Some(mut items) = self.items() else {
            let mut layer = self.as_layer().unwrap_or_default();
            layer.set_below(path, at, value)?;
            return Ok(Self::Map(layer));
        };
        let length = items.len();
        match key.parse::<usize>().ok().and_then(|index| items.get_mut(index)) {
            Some(slot) => {
                let changed = slot.with(path, at + 1, value)?;
                let origin = changed.first_origin();
                *slot = changed;
                match Self::from_items(items, &origin) {
                    Self::Leaf(list, _) => Ok(Self::Leaf(list, origin)),
                    list => Ok(list),
                }
            }
            None => Err(PathError::NoSuchItem { path: path[..=at].join("."), length }),
        }
    }

    fn first_origin(&self) -> Origin {
        match self {
            Self::Leaf(_, origin) => origin.clone(),
            Self::List(items) => items.first().map_or(Origin::Override, Self::first_origin),
            Self::Map(layer) => layer.iter().next().map_or(Origin::Override, |(_, value)| value.first_origin()),
        }
    }
}

/// `value` inside new mappings for `path[at..]`.
fn nested(path: &[String], at: usize, value: Layered) -> Layered {
    path[at..].iter().rev().fold(value, |value, key| Layered::Map([(key.clone(), value)].into_iter().collect()))
}
