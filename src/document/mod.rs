//! Text to values that know their bytes. [`json::parse`] and [`yaml::parse`] never fail: they return what could be
//! read, and a list of [`Problem`]s with their places. Nothing here knows what an adapter is.

pub mod edit;
mod foreign;
pub mod json;
pub mod pointer;
mod source;
pub(crate) mod spelling;
pub mod write;
pub mod yaml;

pub use edit::Edit;
pub use source::{Position, Source};

use std::borrow::Cow;
use std::io;
use std::path::Path;

use crate::files;
use crate::value::{Map, Value};

/// How deep lists and mappings may nest. Python's own reader gives up near 1000; real configs stay below ten.
pub const MAX_DEPTH: usize = 128;

/// The largest file that is read, in bytes.
pub const MAX_BYTES: u64 = 256 << 20;

/// The most values that are read of one text. Each takes a few hundred bytes of memory, with what is made of it.
pub const MAX_VALUES: usize = 1 << 20;

/// A range of bytes in a source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

impl Span {
    /// The span from `start` up to `end`.
    #[must_use]
    pub fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }
}

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// The bytes of the value.
    pub span: Span,
    /// The value itself.
    pub kind: Kind,
}

/// A value whose parts know their places.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// Anything that has no parts: null, booleans, numbers, strings.
    Leaf(Value),
    /// A list.
    List(Vec<Node>),
    /// A mapping with all its members in order, repeated keys included.
    Map(Vec<Member>),
}

/// A key and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The key's text.
    pub key: String,
    /// The key's bytes, quotes included.
    pub key_span: Span,
    /// The value.
    pub node: Node,
}

impl Node {
    /// The member under `key`: the last one if it is repeated, as Python's `json` has it.
    #[must_use]
    pub fn member(&self, key: &str) -> Option<&Member> {
        self.members().iter().rev().find(|member| member.key == key)
    }

    /// The value under `key`.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.member(key).map(|member| &member.node)
    }

    /// The members of a mapping; none for anything else.
    #[must_use]
    pub fn members(&self) -> &[Member] {
        match &self.kind {
            Kind::Map(members) => members,
            _ => &[],
        }
    }

    /// The items of a list; none for anything else.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::List(items) => items,
            _ => &[],
        }
    }

    /// Whether it is a mapping.
    #[must_use]
    pub fn is_map(&self) -> bool {
        matches!(self.kind, Kind::Map(_))
    }

    /// Whether it is a list.
    #[must_use]
    pub fn is_list(&self) -> bool {
        matches!(self.kind, Kind::List(_))
    }

    /// The text, if it is a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match &self.kind {
            Kind::Leaf(value) => value.as_str(),
            _ => None,
        }
    }

    /// Whether it is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        self.kind == Kind::Leaf(Value::Null)
    }

    /// Whether it holds nothing: null, or an empty text, list or mapping.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        match &self.kind {
            Kind::Leaf(Value::String(text)) => text.is_empty(),
            Kind::Leaf(value) => *value == Value::Null,
            Kind::List(items) => items.is_empty(),
            Kind::Map(members) => members.is_empty(),
        }
    }

    /// The value without its places, as it stands here where it has no parts.
    #[must_use]
    pub fn value(&self) -> Cow<'_, Value> {
        match &self.kind {
            Kind::Leaf(value) => Cow::Borrowed(value),
            _ => Cow::Owned(self.to_value()),
        }
    }

    /// The same as [`Value::to_json`] makes of it.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.kind {
            Kind::Leaf(value) => value.to_json(),
            Kind::List(items) => Json::Array(items.iter().map(Self::to_json).collect()),
            Kind::Map(members) => {
                Json::Object(members.iter().map(|member| (member.key.clone(), member.node.to_json())).collect())
            }
        }
    }

    /// The value without its places. Of repeated keys the last one counts.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match &self.kind {
            Kind::Leaf(value) => value.clone(),
            Kind::List(items) => Value::List(items.iter().map(Self::to_value).collect()),
            Kind::Map(members) => {
                Value::Map(members.iter().map(|member| (member.key.clone(), member.node.to_value())).collect())
            }
        }
    }
}

/// What is wrong with a text as JSON or YAML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Which kind of flaw.
    pub kind: ProblemKind,
    /// Where.
    pub span: Span,
    /// An earlier place that belongs to it, such as the former of two equal keys.
    pub related: Option<Span>,
    /// In words: what was found.
    pub detail: String,
}

/// The kinds of flaw a text can have before anyone asks what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum ProblemKind {
    /// Something stands where it may not, or is missing.
    Syntax,
    /// No comma between two values or members; the span is where it belongs.
    MissingComma,
    /// No colon between a key and its value; the span is the value's.
    MissingColon,
    /// A comma before a closing bracket.
    TrailingComma,
    /// `//`, `/* */` or `#` in JSON.
    Comment,
    /// A byte-order mark at the start.
    ByteOrderMark,
    /// Bytes that are not UTF-8.
    InvalidUtf8,
    /// A key that stands twice in one mapping.
    DuplicateKey,
    /// NaN, Infinity or -Infinity as a literal.
    NonFiniteNumber,
    /// Lists or mappings nested deeper than [`MAX_DEPTH`].
    NestingTooDeep,
    /// A string in single quotes.
    SingleQuotedString,
    /// A key without quotes.
    UnquotedKey,
    /// An unknown escape or a raw control character in a string.
    InvalidString,
    /// Half of a surrogate pair, escaped in a string.
    LoneSurrogate,
    /// A number that JSON does not write so: `+1`, `.5`, `0x10`, `01`.
    InvalidNumber,
    /// Nothing but white space.
    Empty,
    /// More than [`MAX_BYTES`] or [`MAX_VALUES`].
    TooLarge,
    /// YAML anchors that would expand without bound.
    AliasExpansion,
    /// A second YAML document in one file.
    SecondDocument,
    /// A YAML value of a type that JSON lacks: a date, bytes, a Python object. It is kept as its text.
    NoJsonType,
}

impl ProblemKind {
    /// Whether the value that was read is the one that Python's readers get: half of a surrogate pair has no place in
    /// UTF-8, and is replaced.
    #[must_use]
    pub fn keeps_the_value(self) -> bool {
        self.is_readable() && self != Self::LoneSurrogate
    }

    /// Whether Python's readers take the text all the same.
    #[must_use]
    pub fn is_readable(self) -> bool {
        matches!(self, Self::DuplicateKey | Self::NonFiniteNumber | Self::LoneSurrogate | Self::NoJsonType)
    }
}

/// A text that was read: its root value if there is one, and what is wrong with it.
#[derive(Debug, Clone)]
pub struct Document {
    /// The text and its lines.
    pub source: Source,
    /// The outermost value, as far as it could be understood.
    pub root: Option<Node>,
    /// All problems, by place.
    pub problems: Vec<Problem>,
}

/// Counts the values of a text, up to [`MAX_VALUES`].
#[derive(Default)]
struct Counted(usize);

impl Counted {
    /// One more, at this place; a problem if it is one too many.
    fn add(&mut self, span: Span) -> Option<Problem> {
        self.0 += 1;
        (self.0 > MAX_VALUES).then(|| Problem {
            kind: ProblemKind::TooLarge,
            span,
            related: None,
            detail: format!("the file has more than {MAX_VALUES} values; no more are read"),
        })
    }
}

/// Whether nothing but the first problem of a text says anything: its bytes are no text, and its syntax is broken too.
fn is_noise(text: &str, problems: &[Problem]) -> bool {
    let has = |kind| problems.iter().any(|problem: &Problem| problem.kind == kind);
    (has(ProblemKind::InvalidUtf8) || text.contains('\0')) && has(ProblemKind::Syntax)
}

/// Which language a text is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// JSON, as Python's `json` module reads it.
    Json,
    /// YAML, typed as PyYAML types it (YAML 1.1).
    Yaml,
}

impl Format {
    /// The format that a file's name tells by its ending, in upper or lower case; `None` for other endings.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        let ending = path.extension()?.to_str()?;
        let is = |known: &[&str]| known.iter().any(|known| ending.eq_ignore_ascii_case(known));
        match ending {
            _ if is(&["json", "jsonc"]) => Some(Self::Json),
            _ if is(&["yaml", "yml"]) => Some(Self::Yaml),
            _ => None,
        }
    }
}

impl Document {
    /// Reads a file in the given format.
    ///
    /// # Errors
    /// If the system refuses, or it is no regular file. What is wrong with the text stands in the document.
    pub fn open(path: &Path, format: Format) -> io::Result<Self> {
        match files::read(path, MAX_BYTES) {
            Err(error) if error.kind() == io::ErrorKind::FileTooLarge => Ok(Self::too_large(path.metadata()?.len())),
            bytes => Ok(Self::read(bytes?, format)),
        }
    }

    /// Reads bytes in the given format.
    #[must_use]
    pub fn read(bytes: Vec<u8>, format: Format) -> Self {
        let length = bytes.len() as u64;
        if length > MAX_BYTES {
            return Self::too_large(length);
        }
        let (source, mut problems) = Source::from_bytes(bytes);
        let (root, more) = match format {
            Format::Json => json::parse(source.text()),
            Format::Yaml => yaml::parse(source.text()),
        };
        if format == Format::Yaml {
            // YAML allows it, and PyYAML skips it.
            problems.retain(|problem| problem.kind != ProblemKind::ByteOrderMark);
        }
        problems.extend(more);
        for problem in &mut problems {
            problem.span = source.whole_characters(problem.span);
        }
        if let Some(too_large) = problems.iter().position(|problem| problem.kind == ProblemKind::TooLarge) {
            return Self { source, root: None, problems: vec![problems.swap_remove(too_large)] };
        }
        problems.sort_unstable_by_key(|problem| (problem.span, problem.kind));
        if is_noise(source.text(), &problems) {
            let encoding = problems.iter().position(|problem| problem.kind == ProblemKind::InvalidUtf8);
            let first = problems.swap_remove(encoding.unwrap_or(0));
            return Self { source, root: None, problems: vec![first] };
        }
        Self { source, root, problems }
    }

    /// What stands for a file that is no text.
    #[must_use]
    pub fn without_text() -> Self {
        Self { source: Source::new(String::new()), root: None, problems: Vec::new() }
    }

    /// What stands for a file of so many bytes, which is more than [`MAX_BYTES`] and is not read.
    #[must_use]
    pub fn too_large(bytes: u64) -> Self {
        let problem = Problem {
            kind: ProblemKind::TooLarge,
            span: Span::default(),
            related: None,
            detail: format!("the file has {} MiB; at most {} MiB are read", bytes >> 20, MAX_BYTES >> 20),
        };
        Self { source: Source::new(String::new()), root: None, problems: vec![problem] }
    }

    /// The first problem that leaves it open what Python's readers get of this text, and where it begins.
    #[must_use]
    pub fn flaw(&self) -> Option<(Position, &Problem)> {
        let problem = self.problems.iter().find(|problem| !problem.kind.keeps_the_value())?;
        Some((self.source.position(problem.span.start), problem))
    }

    /// The outermost value, which is to be an object.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub fn object(&self) -> Result<Map, String> {
        if let Some((position, problem)) = self.flaw() {
            return Err(format!("line {}: {}", position.line, problem.detail));
        }
        match self.root.as_ref().map(Node::to_value) {
            Some(Value::Map(object)) => Ok(object),
            _ => Err("it is not an object".to_owned()),
        }
    }

    /// Whether the library's own reader would take this text.
    #[must_use]
    pub fn is_readable(&self) -> bool {
        self.problems.iter().all(|problem| problem.kind.is_readable())
    }
}
