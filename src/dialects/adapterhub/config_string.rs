//! Config strings: `seq_bn[reduction_factor=12]|lora[r=4]` (`utils.py`, `parse_adapter_config_string`, 1.3.0).
//!
//! Members are parted by `|` (also inside quotes: the library does not look). Each is a name, which has no bracket in
//! it, and optional brackets of arguments. Within the brackets every `word=` becomes `'word':`, also inside quotes,
//! and the result, put into braces, is read as a Python literal.

use std::fmt;

use crate::python::{LiteralError, Object, literal_eval};

/// One member of a config string.
#[derive(Debug, Clone, PartialEq)]
pub struct Member {
    /// The name before the brackets. Blanks between the two belong to it.
    pub name: String,
    /// What stands in the brackets.
    pub arguments: Object,
}

/// Why a text is no config string.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigStringError {
    /// A member is not a name with optional brackets.
    Format {
        /// The member.
        member: String,
    },
    /// What stands in the brackets is no literal.
    Arguments {
        /// The name before the brackets.
        name: String,
        /// What Python would read: the text between the brackets, rewritten and in braces.
        literal: String,
        /// Why it cannot.
        error: LiteralError,
    },
}

impl fmt::Display for ConfigStringError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Format { member } => {
                write!(f, "`{member}` is not of the form name or name[key=value, …]")
            }
            Self::Arguments { name, literal, error } => {
                write!(f, "the arguments of `{name}` are no Python literal: {} ", error.message)?;
                write!(f, "at byte {} of `{literal}`, which Python makes of them", error.at)
            }
        }
    }
}

impl std::error::Error for ConfigStringError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Format { .. } => None,
            // Its own text is part of ours already.
            Self::Arguments { error, .. } => error.source(),
        }
    }
}

/// The members of a config string; there is at least one.
///
/// # Errors
/// [`ConfigStringError`] for the first member that the library cannot read.
pub fn parse(text: &str) -> Result<Vec<Member>, ConfigStringError> {
    text.split('|').map(member).collect()
}

fn member(chunk: &str) -> Result<Member, ConfigStringError> {
    let malformed = || ConfigStringError::Format { member: chunk.to_owned() };
    let text = chunk.trim_matches(is_python_space);
    let (name, arguments) = match text.split_once('[') {
        Some((name, rest)) => (name, rest.strip_suffix(']').ok_or_else(malformed)?),
        None => (text, ""),
    };
    if name.is_empty() || name.contains([']', '\n']) || arguments.contains('\n') {
        return Err(malformed());
    }
    let literal = format!("{{{}}}", quote_keys(arguments));
    match literal_eval(&literal) {
        Ok(arguments) => Ok(Member { name: name.to_owned(), arguments }),
        Err(error) => Err(ConfigStringError::Arguments { name: name.to_owned(), literal, error }),
    }
}

/// Python's `re.sub(r"(\w+)=", r"'\1':", text)`.
fn quote_keys(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 8);
    let mut rest = text;
    while let Some(equals) = rest.find('=') {
        let (before, behind) = rest.split_at(equals);
        let head = before.trim_end_matches(|c: char| c == '_' || c.is_alphanumeric());
        let word = &before[head.len()..];
        if word.is_empty() {
            quoted.push_str(before);
            quoted.push('=');
        } else {
            quoted.extend([head, "'", word, "':"]);
        }
        rest = &behind[1..];
    }
    quoted.push_str(rest);
    quoted
}

/// What `str.strip` strips: Unicode white space and four ASCII separators.
fn is_python_space(c: char) -> bool {
    c.is_whitespace() || ('\u{1c}'..='\u{1f}').contains(&c)
}

#[cfg(test)]
mod tests {
    use super::quote_keys;

    #[test]
    fn every_word_before_an_equals_sign_is_quoted() {
        assert_eq!(quote_keys("r=4,alpha= 8"), "'r':4,'alpha': 8");
        assert_eq!(quote_keys("r =4"), "r =4");
        assert_eq!(quote_keys("x='a=b'"), "'x':''a':b'");
        assert_eq!(quote_keys("r==4"), "'r':=4");
    }
}
