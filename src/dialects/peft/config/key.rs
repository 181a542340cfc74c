//! What is known of a key: its name, the values it takes, its default, and its manual.

use serde_json::Value as Json;

/// A key of a config, as PEFT 0.21.2 has it.
#[derive(Debug, Clone, Copy)]
pub struct Key {
    /// The key.
    pub name: &'static str,
    /// The values that mean something. PEFT itself checks few of them while it reads a file.
    pub accepts: Type,
    /// What an absent key means, as JSON.
    pub default: &'static str,
    /// Whether PEFT writes the key into files.
    pub saved: bool,
    /// The manual, a line a line of the source.
    pub(super) doc: &'static str,
}

/// A config inside of another.
#[derive(Debug)]
pub struct Nested {
    /// The class.
    pub class: &'static str,
    /// The keys.
    pub keys: &'static [Key],
    pub(super) doc: &'static str,
}

/// The values that a key takes.
#[derive(Debug, Clone, Copy)]
pub enum Type {
    /// True or false; what PEFT asks of it is its truth.
    Bool,
    /// An integer.
    Int(Range),
    /// A number, integer or not.
    Number(Range),
    /// Any text.
    Text,
    /// A text that a regular expression describes, and what it means.
    Pattern(&'static str, &'static str),
    /// One of some texts, with what they mean.
    Choice(&'static [(&'static str, &'static str)]),
    /// A list.
    List(&'static Type),
    /// An object with any keys.
    Map(&'static Type),
    /// An object with known keys.
    Object(&'static Nested),
    /// One of several types.
    OneOf(&'static [Type]),
    /// Null, or a value of a type.
    Nullable(&'static Type),
    /// Any value.
    Any,
}

/// The bounds of a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Range {
    /// The least value.
    pub minimum: Option<f64>,
    /// Whether the least value itself is out.
    pub above: bool,
    /// The greatest value.
    pub maximum: Option<f64>,
}

const fn range(minimum: Option<f64>, above: bool, maximum: Option<f64>) -> Range {
    Range { minimum, above, maximum }
}

pub(super) const BOOL: Type = Type::Bool;
pub(super) const TEXT: Type = Type::Text;
pub(super) const ANY: Type = Type::Any;
/// Any integer.
pub(super) const INT: Type = Type::Int(range(None, false, None));
/// 0, 1, 2, …
pub(super) const NATURAL: Type = Type::Int(range(Some(0.0), false, None));
/// 1, 2, 3, …
pub(super) const COUNT: Type = Type::Int(range(Some(1.0), false, None));
/// Any number.
pub(super) const NUMBER: Type = Type::Number(range(None, false, None));
/// A number above 0.
pub(super) const POSITIVE: Type = Type::Number(range(Some(0.0), true, None));
/// A number of at least 0.
pub(super) const NOT_NEGATIVE: Type = Type::Number(range(Some(0.0), false, None));
/// A number of at least 1.
pub(super) const FROM_ONE: Type = Type::Number(range(Some(1.0), false, None));
/// From 0 to 1.
pub(super) const FRACTION: Type = Type::Number(range(Some(0.0), false, Some(1.0)));
pub(super) const TEXTS: Type = Type::List(&TEXT);
pub(super) const INTS: Type = Type::List(&INT);

impl Key {
    /// The default as a value.
    ///
    /// # Panics
    /// If the text is no JSON: a test reads all of them.
    #[must_use]
    pub fn default_value(&self) -> Json {
        serde_json::from_str(self.default).expect("the defaults of the tables are JSON, which a test sees to")
    }

    /// The default, if it is a text.
    pub(crate) fn default_text(&self) -> Option<&'static str> {
        self.default.strip_prefix('"')?.strip_suffix('"')
    }

    /// The manual as flowing text.
    #[must_use]
    pub fn manual(&self) -> String {
        flowing(self.doc)
    }
}

impl Nested {
    /// What it is.
    #[must_use]
    pub fn manual(&self) -> String {
        flowing(self.doc)
    }

    /// The key of this name.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

/// The lines of a doc comment as flowing text.
pub(super) fn flowing(doc: &str) -> String {
    let mut text = String::new();
    for line in doc.lines().map(str::trim) {
        match (line.is_empty(), text.is_empty() || text.ends_with('\n')) {
            (true, true) => {}
            (true, false) => text.push_str("\n\n"),
            (false, starts) => {
                text.push_str(if starts { "" } else { " " });
                text.push_str(line);
            }
        }
    }
    text.trim_end().to_owned()
}

/// Declares keys: the doc comment is the manual, then the default as JSON, then the values.
macro_rules! keys {
    ($($(#[doc = $doc:literal])+ $name:ident = $default:expr, $accepts:expr;)*) => {
        &[$($crate::dialects::peft::config::key::Key {
            name: stringify!($name),
            accepts: $accepts,
            default: stringify!($default),
            saved: true,
            doc: concat!($($doc, "\n"),+),
        }),*]
    };
}

pub(super) use keys;
