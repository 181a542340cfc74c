//! Values as Python's `json` module reads them: integers and floats are different things, integers have no bound,
//! and NaN is a number. This is the currency between documents, presets, overrides and output.

mod typed;

use std::fmt;

use indexmap::IndexMap;

/// One value, without a place in a file.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// `null`, Python's `None`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number written without fraction or exponent.
    Int(Int),
    /// A number written with fraction or exponent, or NaN, Infinity, -Infinity.
    Float(f64),
    /// Text.
    String(String),
    /// An ordered list.
    List(Vec<Value>),
    /// A mapping that keeps its order.
    Map(Map),
}

/// Decimal integers may have this many digits: Python refuses to read longer ones
/// (`sys.int_info.default_max_str_digits`).
pub const MAX_INT_DIGITS: usize = 4300;

/// An integer of any size, as Python has it. Kept as its canonical decimal digits.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Int(Box<str>);

impl Int {
    /// Reads decimal digits with an optional sign; `None` if there is anything else.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, digits) = match text.as_bytes().first()? {
            b'-' => (true, &text[1..]),
            b'+' => (false, &text[1..]),
            _ => (false, text),
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let digits = digits.trim_start_matches('0');
        Some(Self(match (digits, negative) {
            ("", _) => "0".into(),
            (digits, false) => digits.into(),
            (digits, true) => format!("-{digits}").into(),
        }))
    }

    /// Reads digits of another base; what is no digit is passed over. `None` beyond so many decimal digits.
    pub(crate) fn from_radix(digits: &str, radix: u32, most: usize) -> Option<Self> {
        const BLOCK: u64 = 1_000_000_000;
        let mut digits = digits.chars().filter_map(|c| c.to_digit(radix)).skip_while(|digit| *digit == 0).peekable();
        // Least significant first, nine decimal digits in each.
        let mut blocks = vec![0];
        while digits.peek().is_some() && blocks.len() <= most.div_ceil(9) {
            // As many digits at a time as one multiplication takes.
            let (mut power, mut carry) = (1, 0);
            while power <= u64::from(u32::MAX) / u64::from(radix) {
                let Some(digit) = digits.next() else { break };
                power *= u64::from(radix);
                carry = carry * u64::from(radix) + u64::from(digit);
            }
            for block in &mut blocks {
                let sum = *block * power + carry;
                *block = sum % BLOCK;
                carry = sum / BLOCK;
            }
            while carry > 0 {
                blocks.push(carry % BLOCK);
                carry /= BLOCK;
            }
        }
        let text: String = blocks.iter().rev().map(|block| format!("{block:09}")).collect();
        Self::parse(&text).filter(|int| int.0.len() <= most)
    }

    /// The decimal digits, with a sign only if negative.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The integer, if it fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        self.0.parse().ok()
    }

    /// The nearest float (infinite for integers beyond its range).
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        self.0.parse().unwrap_or(f64::NAN)
    }
}

impl From<i64> for Int {
    fn from(value: i64) -> Self {
        Self(value.to_string().into())
    }
}

impl fmt::Display for Int {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A mapping that keeps the order of first insertion; a later value for the same key replaces the earlier one in its
/// place, as in a Python `dict`.
#[derive(Debug, Clone, Default)]
pub struct Map(IndexMap<String, Value>);

impl Map {
    /// An empty mapping.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The value under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// The value under `key`, to change it.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        self.0.get_mut(key)
    }

    /// Sets `key`; a new key goes last.
    pub fn insert(&mut self, key: impl Into<String>, value: Value) {
        self.0.insert(key.into(), value);
    }

    /// Takes `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        self.0.shift_remove(key)
    }

    /// Whether `key` is there.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.0.contains_key(key)
    }

    /// The entries in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(k, v)| (k.as_str(), v))
    }

    /// How many entries.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The order of the keys counts.
impl PartialEq for Map {
    fn eq(&self, other: &Self) -> bool {
        self.0.iter().eq(other.0.iter())
    }
}

impl FromIterator<(String, Value)> for Map {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

impl IntoIterator for Map {
    type Item = (String, Value);
    type IntoIter = std::vec::IntoIter<(String, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter().collect::<Vec<_>>().into_iter()
    }
}

impl Value {
    /// The integer in it, if it is one that fits.
    #[must_use]
    pub fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(int) => int.as_i64(),
            _ => None,
        }
    }

    /// The integer in it, if it is one of at least zero that fits.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        match self {
            Self::Int(int) => int.as_str().parse().ok(),
            _ => None,
        }
    }

    /// The truth value in it.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// The number in it, integer or float.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Self::Int(int) => Some(int.as_f64()),
            Self::Float(float) => Some(*float),
            _ => None,
        }
    }

    /// The text in it.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The mapping in it.
    #[must_use]
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The list in it.
    #[must_use]
    pub fn as_list(&self) -> Option<&[Value]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// JSON's name of the type (`integer` apart from `number`).
    #[must_use]
    pub fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Int(_) => "integer",
            Self::Float(_) => "number",
            Self::String(_) => "string",
            Self::List(_) => "array",
            Self::Map(_) => "object",
        }
    }

    /// The same in `serde_json`'s terms, for schema validators and for them alone: integers beyond 64 bits become floats,
    /// and numbers that are not finite become `0.0`, which are of the same type. What is to be read as a type, written or
    /// shown goes another way: [`document::write`](crate::document::write) has texts, [`Value::told`] what reports hold.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        let float = |f: f64| serde_json::Number::from_f64(f).unwrap_or_else(|| 0.into());
        match self {
            Self::Null => Json::Null,
            Self::Bool(b) => Json::Bool(*b),
            Self::Int(int) => match (int.as_i64(), int.as_str().parse::<u64>()) {
                (Some(small), _) => Json::Number(small.into()),
                (None, Ok(big)) => Json::Number(big.into()),
                (None, Err(_)) => Json::Number(float(int.as_f64())),
            },
            Self::Float(f) => Json::Number(float(*f)),
            Self::String(text) => Json::String(text.clone()),
            Self::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Self::Map(map) => Json::Object(map.iter().map(|(k, v)| (k.to_owned(), v.to_json())).collect()),
        }
    }
}

impl Value {
    /// The same for a report in JSON, which has no numbers that are not finite: these are Python's words for them.
    #[must_use]
    pub fn told(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self {
            Self::Float(float) if !float.is_finite() => Json::String(crate::python::float_json(*float)),
            Self::List(items) => Json::Array(items.iter().map(Self::told).collect()),
            Self::Map(map) => Json::Object(map.iter().map(|(key, value)| (key.to_owned(), value.told())).collect()),
            other => other.to_json(),
        }
    }
}

impl From<&serde_json::Map<String, serde_json::Value>> for Map {
    fn from(json: &serde_json::Map<String, serde_json::Value>) -> Self {
        json.iter().map(|(key, value)| (key.clone(), Value::from(value))).collect()
    }
}

impl From<&serde_json::Value> for Value {
    fn from(json: &serde_json::Value) -> Self {
        use serde_json::Value as Json;
        match json {
            Json::Null => Self::Null,
            Json::Bool(b) => Self::Bool(*b),
            Json::Number(n) if n.is_f64() => Self::Float(n.as_f64().unwrap_or(f64::NAN)),
            Json::Number(n) => Int::parse(&n.to_string()).map_or(Self::Null, Self::Int),
            Json::String(text) => Self::String(text.clone()),
            Json::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Json::Object(map) => Self::Map(map.into()),
        }
    }
}
