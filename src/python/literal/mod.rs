//! Python's `ast.literal_eval`, as of Python 3.11: constants, signed numbers, `real ± imaginary`, and lists, tuples,
//! sets and dicts of them.

mod number;
mod text;

use std::collections::{HashMap, HashSet};
use std::fmt;

use super::{Object, equality_key};

/// How deep brackets may nest; Python's tokenizer has the same bound (and its parser a lower one for parentheses).
pub const MAX_DEPTH: usize = 200;

/// The longest text that is read, in bytes.
pub const MAX_LENGTH: usize = 1 << 20;

/// Why a text is no literal, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct LiteralError {
    /// The byte at which reading stopped.
    pub at: usize,
    /// What is wrong.
    pub message: String,
    /// Whether Python reads the text all the same, and only this reader does not: a lone surrogate, a character by
    /// name.
    pub beyond_reach: bool,
}

impl fmt::Display for LiteralError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.message, self.at)
    }
}

impl std::error::Error for LiteralError {}

/// Reads a Python literal. Blanks around it are dropped; a tuple may stand without parentheses.
///
/// # Errors
/// [`LiteralError`] with the place, for anything that `ast.literal_eval` refuses; `beyond_reach` marks the two things
/// that it takes and this reader cannot.
pub fn literal_eval(text: &str) -> Result<Object, LiteralError> {
    let fail = |at, message: &str| Err(LiteralError { at, message: message.to_owned(), beyond_reach: false });
    if text.len() > MAX_LENGTH {
        return fail(MAX_LENGTH, "the text is too long");
    }
    if let Some(at) = text.find('\0') {
        return fail(at, "a null character");
    }
    let mut reader = Reader { text, at: 0, depth: 0 };
    reader.skip_blanks();
    if reader.peek().is_none() {
        return fail(text.len(), "nothing to read");
    }
    let first = reader.expression()?.object;
    let object = if reader.peek() == Some(',') { Object::Tuple(reader.rest_of_tuple(first)?) } else { first };
    while reader.peek().is_some_and(|c| c == '\n' || c == '\r') {
        reader.at += 1;
        reader.skip_blanks();
    }
    match reader.peek() {
        None => Ok(object),
        Some(c) => reader.fail(format!("`{c}` is not expected here")),
    }
}

/// What an expression is, for the rules on signs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A number without a sign.
    Number,
    /// A number behind one sign.
    Signed,
    /// Anything else.
    Other,
}

struct Read {
    object: Object,
    form: Form,
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    depth: usize,
}

/// A part that was read.
type Parsed<T> = Result<T, LiteralError>;

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn starts_with(&self, prefix: &str) -> bool {
        self.text[self.at..].starts_with(prefix)
    }

    fn fail<T>(&self, message: impl Into<String>) -> Parsed<T> {
        Err(LiteralError { at: self.at, message: message.into(), beyond_reach: false })
    }

    /// Skips white space and joined lines; inside brackets also line ends and comments.
    fn skip_blanks(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\u{c}' => self.at += 1,
                '\n' | '\r' if self.depth > 0 => self.at += 1,
                '\\' if self.starts_with("\\\n") || self.starts_with("\\\r") => self.at += 2,
                '#' => {
                    let rest = &self.text[self.at..];
                    self.at += rest.find(['\n', '\r']).unwrap_or(rest.len());
                }
                _ => break,
            }
        }
    }

    fn take(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.at += c.len_utf8();
            self.skip_blanks();
        }
        found
    }

    /// A term, or `real ± imaginary`.
    fn expression(&mut self) -> Parsed<Read> {
        let left = self.term()?;
        let start = self.at;
        let minus = match self.peek() {
            Some('+') => false,
            Some('-') => true,
            _ => return Ok(left),
        };
        self.at += 1;
        self.skip_blanks();
        let right = self.term()?;
        let real = match &left.object {
            Object::Int(int) => Some(int.as_f64()).filter(|real| real.is_finite()),
            Object::Float(f) => Some(*f),
            _ => None,
        };
        match (real.filter(|_| left.form != Form::Other), right.object, right.form) {
            (Some(real), Object::Complex(plus, imaginary), Form::Number) => {
                let imaginary = if minus { -imaginary } else { imaginary };
                Ok(Read { object: Object::Complex(real + plus, imaginary), form: Form::Other })
            }
            _ => {
                self.at = start;
                self.fail("only a number and an imaginary number can be added or subtracted")
            }
        }
    }

    /// A constant, a number behind a sign, or a bracketed display; blanks behind it are skipped.
    fn term(&mut self) -> Parsed<Read> {
        let read = match self.peek() {
            Some('+' | '-') => self.signed()?,
            Some('(' | '[' | '{') => self.bracketed()?,
            Some(c) if c.is_ascii_digit() => self.number()?,
            Some('.') if self.starts_with("...") => {
                self.at += 3;
                Read { object: Object::Ellipsis, form: Form::Other }
            }
            Some('.') => self.number()?,
            Some(_) if self.string_prefix().is_some() => Read { object: self.strings()?, form: Form::Other },
            Some(c) if c == '_' || c.is_alphabetic() => self.word()?,
            Some(c) => return self.fail(format!("`{c}` does not begin a literal")),
            None => return self.fail("the text ends too early"),
        };
        self.skip_blanks();
        Ok(read)
    }

    fn signed(&mut self) -> Parsed<Read> {
        let start = self.at;
        let minus = self.peek() == Some('-');
        self.at += 1;
        self.skip_blanks();
        // No recursion over signs: a second one is refused anyway.
        if matches!(self.peek(), Some('+' | '-')) {
            return self.fail("a second sign");
        }
        let operand = self.term()?;
        if operand.form != Form::Number {
            self.at = start;
            return self.fail("only a number can have a sign");
        }
        let object = match operand.object {
            Object::Int(int) if minus => Object::Int(number::negated(&int)),
            Object::Float(f) if minus => Object::Float(-f),
            Object::Complex(real, imaginary) if minus => Object::Complex(-real, -imaginary),
            other => other,
        };
        Ok(Read { object, form: Form::Signed })
    }

    fn word(&mut self) -> Parsed<Read> {
        let start = self.at;
        let rest = &self.text[start..];
        let end = rest.find(|c: char| !(c == '_' || c.is_alphanumeric())).unwrap_or(rest.len());
        let word = &rest[..end];
        self.at += end;
        let object = match word {
            "True" => Object::Bool(true),
            "False" => Object::Bool(false),
            "None" => Object::None,
            "set" => {
                self.skip_blanks();
                self.depth += 1;
                let empty = self.take('(') && self.peek() == Some(')');
                self.depth -= 1;
                if !empty {
                    self.at = start;
                    return self.fail("`set` is only known as `set()`");
                }
                self.at += 1;
                Object::Set(Vec::new())
            }
            _ => {
                self.at = start;
                let hint = match word {
                    "true" | "false" | "null" => "; Python writes True, False and None",
                    _ => "; text needs quotes",
                };
                return self.fail(format!("`{word}` is not a literal{hint}"));
            }
        };
        Ok(Read { object, form: Form::Other })
    }

    fn bracketed(&mut self) -> Parsed<Read> {
        if self.depth == MAX_DEPTH {
            return self.fail(format!("more than {MAX_DEPTH} brackets inside one another"));
        }
        self.depth += 1;
        let open = self.peek();
        self.at += 1;
        self.skip_blanks();
        let read = match open {
            Some('[') => Read { object: Object::List(self.items(']')?), form: Form::Other },
            Some('{') => Read { object: self.braces()?, form: Form::Other },
            _ => self.parentheses()?,
        };
        // The closing bracket is still ahead: blanks behind it belong to the outer level.
        self.depth -= 1;
        self.at += 1;
        Ok(read)
    }

    /// The items up to the closing bracket, which stays.
    fn items(&mut self, close: char) -> Parsed<Vec<Object>> {
        let mut items = Vec::new();
        while self.peek() != Some(close) {
            items.push(self.expression()?.object);
            if !self.take(',') && self.peek() != Some(close) {
                return self.fail(format!("`,` or `{close}` is missing"));
            }
        }
        Ok(items)
    }

    fn parentheses(&mut self) -> Parsed<Read> {
        if self.peek() == Some(')') {
            return Ok(Read { object: Object::Tuple(Vec::new()), form: Form::Other });
        }
        let first = self.expression()?;
        match self.peek() {
            Some(')') => Ok(first),
            Some(',') => {
                self.take(',');
                let mut items = vec![first.object];
                items.extend(self.items(')')?);
                Ok(Read { object: Object::Tuple(items), form: Form::Other })
            }
            _ => self.fail("`,` or `)` is missing"),
        }
    }

    fn braces(&mut self) -> Parsed<Object> {
        if self.peek() == Some('}') {
            return Ok(Object::Dict(Vec::new()));
        }
        let start = self.at;
        let first = self.expression()?.object;
        self.hashable(&first, start)?;
        if self.peek() != Some(':') {
            if !self.take(',') && self.peek() != Some('}') {
                return self.fail("`,`, `:` or `}` is missing");
            }
            let start = self.at;
            let mut known: HashSet<_> = equality_key(&first).into_iter().collect();
            let mut members = vec![first];
            for item in self.items('}')? {
                self.hashable(&item, start)?;
                if equality_key(&item).is_none_or(|key| known.insert(key)) {
                    members.push(item);
                }
            }
            return Ok(Object::Set(members));
        }
        let mut entries = Entries::default();
        let mut key = first;
        loop {
            if !self.take(':') {
                return self.fail("`:` is missing");
            }
            let value = self.expression()?.object;
            entries.insert(key, value);
            if !self.take(',') && self.peek() != Some('}') {
                return self.fail("`,` or `}` is missing");
            }
            if self.peek() == Some('}') {
                return Ok(Object::Dict(entries.all));
            }
            let start = self.at;
            key = self.expression()?.object;
            self.hashable(&key, start)?;
        }
    }

    fn rest_of_tuple(&mut self, first: Object) -> Parsed<Vec<Object>> {
        let mut items = vec![first];
        while self.take(',') {
            if self.peek().is_none_or(|c| c == '\n' || c == '\r') {
                break;
            }
            items.push(self.expression()?.object);
        }
        Ok(items)
    }

    fn hashable(&self, key: &Object, at: usize) -> Parsed<()> {
        if is_hashable(key) {
            return Ok(());
        }
        let message = format!("a {} cannot be a key or the member of a set", key.type_name());
        Err(LiteralError { at, message, beyond_reach: false })
    }
}

/// The entries of a dict: equal keys share the first one's place and take the last one's value.
#[derive(Default)]
struct Entries {
    all: Vec<(Object, Object)>,
    places: HashMap<String, usize>,
}

impl Entries {
    fn insert(&mut self, key: Object, value: Object) {
        let last = self.all.len();
        let place = equality_key(&key).map_or(last, |key| *self.places.entry(key).or_insert(last));
        match self.all.get_mut(place) {
            Some((_, slot)) => *slot = value,
            None => self.all.push((key, value)),
        }
    }
}

fn is_hashable(object: &Object) -> bool {
    match object {
        Object::List(_) | Object::Set(_) | Object::Dict(_) => false,
        Object::Tuple(items) => items.iter().all(is_hashable),
        _ => true,
    }
}
