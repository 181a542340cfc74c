use std::fmt;

use fancy_regex::{Regex, RegexBuilder};

/// How much a pattern may try before it is given up: names of modules are short, and PEFT's patterns simple.
const LIMIT: usize = 1_000_000;

/// A regular expression as Python reads it, as far as it can be read here.
#[derive(Debug, Clone)]
pub struct Pattern {
    text: String,
    regex: Regex,
}

/// A pattern that cannot be read, or is given up on a name.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct PatternError {
    /// The pattern.
    pub pattern: String,
    /// What is wrong.
    pub detail: String,
}

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the pattern `{}` cannot be followed here: {}", self.pattern, self.detail)
    }
}

impl std::error::Error for PatternError {}

impl Pattern {
    /// `re.fullmatch(pattern, …)`.
    ///
    /// # Errors
    /// If the pattern cannot be read.
    pub fn full(pattern: &str) -> Result<Self, PatternError> {
        let (flags, rest) = flags(pattern);
        Self::compile(rest, &format!(r"\A(?{flags}:{rest})\z"))
    }

    /// A key of `rank_pattern` and its like (`get_pattern_key`): it matches the end of a name, behind a dot or as a whole.
    ///
    /// # Errors
    /// If the pattern cannot be read.
    pub fn of_module(key: &str) -> Result<Self, PatternError> {
        Self::start(key, &format!(r"(.*\.)?({key})$"))
    }

    /// A key of the patterns of C3A and FourierFT: it matches the end of a name behind a dot.
    ///
    /// # Errors
    /// If the pattern cannot be read.
    pub fn of_inner_module(key: &str) -> Result<Self, PatternError> {
        Self::start(key, &format!(r".*\.{key}$"))
    }

    /// A key of OSF's `rank_pattern` (`re.search`): it matches anywhere in a name.
    ///
    /// # Errors
    /// If the pattern cannot be read.
    pub fn anywhere(key: &str) -> Result<Self, PatternError> {
        Self::start(key, &format!(r".*?(?:{key})"))
    }

    /// `re.match(…, …)` of a longer text that the pattern is put into as it is.
    pub(super) fn start(pattern: &str, whole: &str) -> Result<Self, PatternError> {
        Self::compile(pattern, &format!(r"\A(?:{whole})"))
    }

    fn compile(pattern: &str, text: &str) -> Result<Self, PatternError> {
        let failed = |detail: String| PatternError { pattern: pattern.to_owned(), detail };
        if let Some(word) = python_only(pattern) {
            return Err(failed(format!("`{word}` is not read as Python reads it")));
        }
        let built = RegexBuilder::new(&with_end(text)).backtrack_limit(LIMIT).build();
        let regex = built.map_err(|error| failed(error.to_string()))?;
        Ok(Self { text: pattern.to_owned(), regex })
    }

    /// Whether it matches.
    ///
    /// # Errors
    /// If it would have to try too much.
    pub fn matches(&self, name: &str) -> Result<bool, PatternError> {
        let failed = |error: fancy_regex::Error| PatternError { pattern: self.text.clone(), detail: error.to_string() };
        self.regex.is_match(name).map_err(failed)
    }

    /// What the group `name` matched, if the pattern matches at all.
    pub(super) fn group<'n>(&self, text: &'n str, name: &str) -> Result<Option<Option<&'n str>>, PatternError> {
        let failed = |error: fancy_regex::Error| PatternError { pattern: self.text.clone(), detail: error.to_string() };
        let captures = self.regex.captures(text).map_err(failed)?;
        Ok(captures.map(|captures| captures.name(name).map(|found| found.as_str())))
    }
}

/// The flags for the whole expression that begin it, and the rest. Names have one line and plain letters, so that only that of
/// large and small letters counts.
fn flags(pattern: &str) -> (&'static str, &str) {
    let Some((letters, rest)) = pattern.strip_prefix("(?").and_then(|rest| rest.split_once(')')) else {
        return ("", pattern);
    };
    if letters.is_empty() || !letters.chars().all(|letter| "ims".contains(letter)) {
        return ("", pattern);
    }
    (if letters.contains('i') { "i" } else { "" }, rest)
}

/// The text with the end of all as the crate writes it: Python's is called `\Z`.
fn with_end(text: &str) -> String {
    let mut characters = text.chars();
    let mut written = String::with_capacity(text.len());
    while let Some(character) = characters.next() {
        written.push(character);
        if character == '\\' {
            written.extend(characters.next().map(|escaped| if escaped == 'Z' { 'z' } else { escaped }));
        }
    }
    written
}

/// What Python reads otherwise than the crate: a set with a bracket or an operator in it, flags that the crate has not,
/// and anchors of other names.
fn python_only(pattern: &str) -> Option<String> {
    let mut characters = pattern.chars().peekable();
    let mut in_set = false;
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some(escaped @ ('N' | 'h' | 'H' | 'K' | 'G' | 'R' | 'X' | 'p' | 'P' | 'z' | 'e' | 'Q' | 'E')) => {
                    return Some(format!("\\{escaped}"));
                }
                None => return Some("\\".to_owned()),
                _ => {}
            },
            '[' if in_set => return Some("[".to_owned()),
            '[' => {
                in_set = true;
                characters.next_if_eq(&'^');
                if characters.next_if_eq(&']').is_some() {
                    return Some("[]".to_owned());
                }
            }
            ']' => in_set = false,
            '&' | '~' | '-' if in_set && characters.peek() == Some(&character) => {
                return Some(format!("{character}{character}"));
            }
            '(' if !in_set && characters.next_if_eq(&'?').is_some() => match characters.peek() {
                Some(':' | '=' | '!' | 'P') => {}
                Some('<') => {
                    characters.next();
                    if !matches!(characters.peek(), Some('=' | '!')) {
                        return Some("(?<".to_owned());
                    }
                }
                Some(other) => return Some(format!("(?{other}")),
                None => return Some("(?".to_owned()),
            },
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_at_the_start_and_the_end_of_all_are_read_as_python_reads_them() {
        let matches = |pattern: &str, name: &str| Pattern::full(pattern).and_then(|pattern| pattern.matches(name));
        assert_eq!(matches("(?i).*Q_PROJ", "layers.0.q_proj"), Ok(true));
        assert_eq!(matches("(?s).*Q_PROJ", "layers.0.q_proj"), Ok(false));
        assert_eq!(matches(r".*q_proj\Z", "layers.0.q_proj"), Ok(true));
        assert_eq!(matches(r".*q\\Z", r"layers.0.q\Z"), Ok(true));
        assert!(Pattern::full("(?x).*q_proj").is_err());
        assert!(Pattern::full("(?i:.*Q_PROJ)").is_err());
    }
}
