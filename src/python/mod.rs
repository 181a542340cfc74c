//! What Python makes of values: their truth, their equality, how it prints and hashes them, and which literals it
//! reads. The library's config hash and its config strings depend on all of these.

#[cfg(feature = "oracle")]
mod division;
mod dumps;
mod equality;
mod integer;
mod literal;
mod repr;

#[cfg(feature = "oracle")]
pub(crate) use division::floor_divide;
pub use dumps::{NotJson, dumps};
pub(crate) use equality::equality_key;
pub(crate) use integer::int_of;
pub use literal::{LiteralError, MAX_DEPTH, MAX_LENGTH, literal_eval};
pub use repr::{float_json, float_repr};

use std::collections::HashSet;

use crate::document::{Kind, Node};
use crate::value::{Int, Map, Value};

/// A Python object, as far as literals make them: what [`Value`] holds, and what JSON has no form for.
#[derive(Debug, Clone, PartialEq)]
pub enum Object {
    /// `None`.
    None,
    /// `True` or `False`.
    Bool(bool),
    /// An `int`.
    Int(Int),
    /// A `float`.
    Float(f64),
    /// A `complex`, as real and imaginary part.
    Complex(f64, f64),
    /// A `str`.
    Str(String),
    /// A `bytes`.
    Bytes(Vec<u8>),
    /// A `list`.
    List(Vec<Object>),
    /// A `tuple`.
    Tuple(Vec<Object>),
    /// A `set`, in the order it was written.
    Set(Vec<Object>),
    /// A `dict`, whose keys need not be text.
    Dict(Vec<(Object, Object)>),
    /// `...`
    Ellipsis,
}

impl Object {
    /// Whether `if object:` holds.
    #[must_use]
    pub fn is_true(&self) -> bool {
        match self {
            Self::None => false,
            Self::Bool(b) => *b,
            Self::Int(int) => int.as_str() != "0",
            Self::Float(f) => *f != 0.0,
            Self::Complex(real, imaginary) => *real != 0.0 || *imaginary != 0.0,
            Self::Str(text) => !text.is_empty(),
            Self::Bytes(bytes) => !bytes.is_empty(),
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => !items.is_empty(),
            Self::Dict(entries) => !entries.is_empty(),
            Self::Ellipsis => true,
        }
    }

    /// Whether `self == other`: numbers and booleans compare by amount, so `1 == 1.0 == True`.
    #[must_use]
    pub fn equals(&self, other: &Self) -> bool {
        let all = |a: &[Self], b: &[Self]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.equals(b));
        match (self, other) {
            (Self::None, Self::None) | (Self::Ellipsis, Self::Ellipsis) => true,
            (Self::Str(a), Self::Str(b)) => a == b,
            (Self::Bytes(a), Self::Bytes(b)) => a == b,
            (Self::List(a), Self::List(b)) | (Self::Tuple(a), Self::Tuple(b)) => all(a, b),
            (Self::Set(a), Self::Set(b)) => {
                let known: HashSet<_> = b.iter().filter_map(equality_key).collect();
                a.len() == b.len() && a.iter().all(|item| equality_key(item).is_some_and(|key| known.contains(&key)))
            }
            (Self::Dict(a), Self::Dict(b)) => equality::equal_dicts(a, b),
            _ => match (self.complex(), other.complex()) {
                (Some((_, a)), Some((_, b))) if !same_amount(a, b) => false,
                (Some(_), Some(_)) => self.same_real(other),
                _ => false,
            },
        }
    }

    /// The name of its Python type.
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::None => "NoneType",
            Self::Bool(_) => "bool",
            Self::Int(_) => "int",
            Self::Float(_) => "float",
            Self::Complex(..) => "complex",
            Self::Str(_) => "str",
            Self::Bytes(_) => "bytes",
            Self::List(_) => "list",
            Self::Tuple(_) => "tuple",
            Self::Set(_) => "set",
            Self::Dict(_) => "dict",
            Self::Ellipsis => "ellipsis",
        }
    }

    /// What it becomes when it is saved as JSON: tuples turn into lists, keys into text.
    ///
    /// # Errors
    /// [`NotJson`] for what `json.dumps` refuses: bytes, sets, complex numbers, `...`, and keys of other types.
    pub fn to_value(&self) -> Result<Value, NotJson> {
        Ok(match self {
            Self::None => Value::Null,
            Self::Bool(b) => Value::Bool(*b),
            Self::Int(int) => Value::Int(int.clone()),
            Self::Float(f) => Value::Float(*f),
            Self::Str(text) => Value::String(text.clone()),
            Self::List(items) | Self::Tuple(items) => {
                Value::List(items.iter().map(Self::to_value).collect::<Result<_, _>>()?)
            }
            Self::Dict(entries) => {
                let mut map = Map::new();
                for (key, value) in entries {
                    map.insert(key.key_text()?, value.to_value()?);
                }
                Value::Map(map)
            }
            Self::Complex(..) | Self::Bytes(_) | Self::Set(_) | Self::Ellipsis => {
                return Err(NotJson::Type(self.type_name()));
            }
        })
    }

    /// Whether saving it as JSON and reading that gives the same keys back.
    #[must_use]
    pub fn has_only_text_keys(&self) -> bool {
        match self {
            Self::List(items) | Self::Tuple(items) | Self::Set(items) => items.iter().all(Self::has_only_text_keys),
            Self::Dict(entries) => {
                entries.iter().all(|(key, value)| matches!(key, Self::Str(_)) && value.has_only_text_keys())
            }
            _ => true,
        }
    }

    /// The text that `json.dumps` writes for a key.
    fn key_text(&self) -> Result<String, NotJson> {
        match self {
            Self::Str(text) => Ok(text.clone()),
            Self::Int(int) => Ok(int.to_string()),
            Self::Float(f) => Ok(float_json(*f)),
            Self::Bool(true) => Ok("true".to_owned()),
            Self::Bool(false) => Ok("false".to_owned()),
            Self::None => Ok("null".to_owned()),
            _ => Err(NotJson::Key(self.type_name())),
        }
    }

    /// Real and imaginary part of a number.
    fn complex(&self) -> Option<(f64, f64)> {
        match self {
            Self::Bool(b) => Some((f64::from(u8::from(*b)), 0.0)),
            Self::Int(int) => Some((int.as_f64(), 0.0)),
            Self::Float(f) => Some((*f, 0.0)),
            Self::Complex(real, imaginary) => Some((*real, *imaginary)),
            _ => None,
        }
    }

    /// Whether the real parts are equal; integers are compared digit by digit.
    fn same_real(&self, other: &Self) -> bool {
        match (self.digits(), other.digits()) {
            (Some(a), Some(b)) => a == b,
            (None, None) => {
                matches!((self.complex(), other.complex()), (Some((a, _)), Some((b, _))) if same_amount(a, b))
            }
            _ => false,
        }
    }

    /// The decimal digits of a number that is whole.
    fn digits(&self) -> Option<String> {
        let whole = |f: f64| (f.is_finite() && same_amount(f.fract(), 0.0)).then(|| format!("{:.0}", f + 0.0));
        match self {
            Self::Bool(b) => Some(u8::from(*b).to_string()),
            Self::Int(int) => Some(int.to_string()),
            Self::Float(f) | Self::Complex(f, _) => {
                whole(*f).map(|text| if text == "-0" { "0".to_owned() } else { text })
            }
            _ => None,
        }
    }
}

impl From<&Value> for Object {
    fn from(value: &Value) -> Self {
        match value {
            Value::Null => Self::None,
            Value::Bool(b) => Self::Bool(*b),
            Value::Int(int) => Self::Int(int.clone()),
            Value::Float(f) => Self::Float(*f),
            Value::String(text) => Self::Str(text.clone()),
            Value::List(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Map(map) => {
                Self::Dict(map.iter().map(|(key, value)| (Self::Str(key.to_owned()), Self::from(value))).collect())
            }
        }
    }
}

/// Whether two values are the same to the digit: `1`, `1.0` and `true` differ, and so do `0.0` and `-0.0`; NaN is
/// the same as NaN.
#[must_use]
pub fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => float_repr(*a) == float_repr(*b),
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().all(|(key, value)| b.get(key).is_some_and(|other| same(value, other)))
        }
        _ => a == b,
    }
}

/// Whether `if value:` holds in Python.
#[must_use]
pub fn is_true(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Int(int) => int.as_str() != "0",
        Value::Float(f) => *f != 0.0,
        Value::String(text) => !text.is_empty(),
        Value::List(items) => !items.is_empty(),
        Value::Map(map) => !map.is_empty(),
    }
}

/// The same of a value with its place.
#[must_use]
pub fn node_is_true(node: &Node) -> bool {
    match &node.kind {
        Kind::Leaf(value) => is_true(value),
        Kind::List(items) => !items.is_empty(),
        Kind::Map(members) => !members.is_empty(),
    }
}

/// Whether `a == b` in Python: `1 == 1.0 == True`.
#[must_use]
pub fn equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        // Of one type, and none that counts as another.
        (Value::String(a), Value::String(b)) => a == b,
        (Value::Int(a), Value::Int(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        _ => Object::from(a).equals(&Object::from(b)),
    }
}

#[expect(clippy::float_cmp, reason = "Python's == on floats is exact")]
fn same_amount(a: f64, b: f64) -> bool {
    a == b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_by_amount() {
        let int = |text: &str| Object::Int(Int::parse(text).expect("digits"));
        assert!(int("1").equals(&Object::Float(1.0)));
        assert!(Object::Bool(true).equals(&Object::Float(1.0)));
        assert!(int("0").equals(&Object::Float(-0.0)));
        assert!(!int("9007199254740993").equals(&Object::Float(9_007_199_254_740_992.0)));
        assert!(!Object::Float(f64::NAN).equals(&Object::Float(f64::NAN)));
        assert!(Object::Float(f64::INFINITY).equals(&Object::Float(f64::INFINITY)));
        assert!(!int("1").equals(&Object::Str("1".to_owned())));
        assert!(Object::Complex(2.0, 0.0).equals(&int("2")));
    }

    #[test]
    fn equal_objects_and_no_others_share_a_key() {
        let texts = [
            "1",
            "1.0",
            "True",
            "1+0j",
            "1+2j",
            "0",
            "-0.0",
            "False",
            "1e300",
            "2e300",
            "1e400",
            "-1e400",
            "0.5",
            "9007199254740993",
            "9007199254740992.0",
            "1e400-1e400j",
            "None",
            "...",
            "'1'",
            "b'1'",
            "'n1;'",
            "''",
            "[]",
            "()",
            "{}",
            "set()",
            "[1]",
            "(1,)",
            "{1}",
            "{True}",
            "{1: 2}",
            "{1.0: 2.0}",
            "{1: 3}",
            "{1: 2, 'a': 'b'}",
            "{'a': 'b', 1.0: 2}",
            "[1, 2]",
            "[12]",
            "[[1], 2]",
            "[[1, 2]]",
            "['a', 'b']",
            "['as1:b']",
            "{1, 2}",
            "{2, 1}",
            "{(1, 2), 3}",
            "{3, (True, 2)}",
        ];
        for a in texts.iter().filter_map(|text| literal_eval(text).ok()) {
            for b in texts.iter().filter_map(|text| literal_eval(text).ok()) {
                let same_key = equality_key(&a).is_some_and(|key| equality_key(&b) == Some(key));
                assert_eq!(a.equals(&b), same_key, "{a:?} {b:?}");
            }
        }
        assert_eq!(equality_key(&Object::List(vec![Object::Float(f64::NAN)])), None);
    }
}
