use std::fmt;

use super::super::config_string::ConfigStringError;
use crate::dialects::Dialect;
use crate::document::Position;
use crate::merge::PathError;
use crate::python::NotJson;

/// Why the library does not load a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum LoadError {
    /// No architecture has this name.
    UnknownName {
        /// The name.
        name: String,
        /// A known name that looks like it.
        similar: Option<String>,
        /// Where the name would be known.
        hint: Option<&'static str>,
    },
    /// Neither a name nor a config string.
    ConfigString(ConfigStringError),
    /// The brackets of a config string hold something else than keys and values.
    NotKeywords {
        /// The name before the brackets.
        name: String,
    },
    /// A key that the class does not have, where the library takes no others.
    UnexpectedKey {
        /// The class.
        class: &'static str,
        /// The key.
        key: String,
        /// A key of the class that looks like it.
        similar: Option<String>,
    },
    /// The file is another library's.
    OtherLibrary {
        /// Whose.
        dialect: Dialect,
    },
    /// `architecture` names no method.
    UnknownArchitecture {
        /// JSON pointer to it.
        pointer: String,
        /// Its value, as JSON.
        value: String,
    },
    /// Keys without a default are not there.
    MissingKeys {
        /// JSON pointer to the mapping.
        pointer: String,
        /// The class.
        class: &'static str,
        /// The keys.
        keys: Vec<String>,
    },
    /// Something else than a mapping stands where a config belongs.
    NotAConfig {
        /// JSON pointer to it.
        pointer: String,
        /// What it is instead.
        found: &'static str,
    },
    /// Something else than a list stands under `configs`.
    NotAList {
        /// JSON pointer to it.
        pointer: String,
        /// What it is instead.
        found: &'static str,
    },
    /// A union inside a union.
    NestedUnion {
        /// JSON pointer to the inner one.
        pointer: String,
    },
    /// Two members of a union take the same place.
    Conflict {
        /// JSON pointer to the earlier one.
        first: String,
        /// JSON pointer to the later one.
        second: String,
        /// The class of both.
        class: &'static str,
    },
    /// The members are not those that the class of the preset takes.
    WrongMembers {
        /// The class and its members.
        expected: &'static str,
    },
    /// The nested `invertible_adapter` of old files is no mapping with `block_type` and `reduction_factor`.
    InvertibleAdapter {
        /// JSON pointer to it.
        pointer: String,
        /// The key that is missing; `None` if it is no mapping.
        missing: Option<&'static str>,
    },
    /// A literal that the library reads, but can neither hash nor save.
    Unsaveable {
        /// The key that it is for.
        key: String,
        /// Why.
        reason: NotJson,
    },
    /// A key that hides a method of the config object, or another attribute that it needs.
    HiddenMethod {
        /// JSON pointer to it.
        pointer: String,
    },
    /// The version of an adapter file is no version number.
    BadVersion {
        /// The version, as JSON.
        version: String,
    },
    /// A value that has to be compared with a list of names is no text.
    NotAName {
        /// JSON pointer to it.
        pointer: String,
        /// What it is instead.
        found: &'static str,
    },
    /// The text is not JSON or YAML.
    Unreadable {
        /// What is wrong.
        detail: String,
        /// Where.
        position: Position,
    },
    /// A card's `using` names no architecture of the Hub.
    UnknownUsing {
        /// The name.
        name: String,
        /// A known name that looks like it.
        similar: Option<String>,
    },
    /// An override cannot be made.
    Path(PathError),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let similar = |f: &mut fmt::Formatter<'_>, similar: &Option<String>| match similar {
            Some(name) => write!(f, "; did you mean `{name}`?"),
            None => Ok(()),
        };
        match self {
            Self::UnknownName { name, similar: known, hint } => {
                write!(f, "`{name}` is not the name of an architecture")?;
                match hint {
                    Some(hint) => write!(f, "; {hint}"),
                    None => similar(f, known),
                }
            }
            Self::ConfigString(error) => error.fmt(f),
            Self::NotKeywords { name } => write!(f, "the brackets of `{name}` must hold key=value pairs"),
            Self::UnexpectedKey { class, key, similar: known } => {
                write!(f, "{class} has no key `{key}`")?;
                similar(f, known)
            }
            Self::OtherLibrary { dialect } => {
                write!(
                    f,
                    "this is a config of {}; only configs of AdapterHub's libraries can be read here",
                    dialect.display_name()
                )
            }
            Self::UnknownArchitecture { pointer, value } => {
                write!(f, "{value} at {} is not the name of a method", place(pointer))
            }
            Self::MissingKeys { pointer, class, keys } => {
                write!(f, "{class} at {} lacks `{}`", place(pointer), keys.join("`, `"))
            }
            Self::NotAConfig { pointer, found } => {
                write!(f, "a config must be a mapping, not {found}, at {}", place(pointer))
            }
            Self::NotAList { pointer, found } => {
                write!(f, "there must be a list of configs, not {found}, at {}", place(pointer))
            }
            Self::NestedUnion { pointer } => write!(f, "a union is inside a union at {}", place(pointer)),
            Self::Conflict { first, second, class } => {
                write!(f, "the {class} members {first} and {second} of the union occupy the same place")
            }
            Self::WrongMembers { expected } => f.write_str(expected),
            Self::InvertibleAdapter { pointer, missing: Some(key) } => write!(f, "{} lacks `{key}`", place(pointer)),
            Self::InvertibleAdapter { pointer, missing: None } => {
                write!(f, "{} must be a mapping with `block_type` and `reduction_factor`", place(pointer))
            }
            Self::Unsaveable { key, reason } => {
                write!(f, "the library accepts the literal for `{key}`, but can neither hash nor save it: {reason}")
            }
            Self::HiddenMethod { pointer } => write!(f, "the key {pointer} hides what the config object needs"),
            Self::BadVersion { version } => write!(f, "the version {version} is not a version number"),
            Self::NotAName { pointer, found } => write!(f, "{} must be a name, not {found}", place(pointer)),
            Self::Unreadable { detail, position } => {
                write!(f, "line {}, column {}: {detail}", position.line, position.column)
            }
            Self::UnknownUsing { name, similar: known } => {
                write!(f, "`using: {name}` is not the name of one of the Hub's architectures")?;
                similar(f, known)
            }
            Self::Path(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Their own text is part of ours already.
            Self::ConfigString(error) => error.source(),
            Self::Unsaveable { reason, .. } => reason.source(),
            Self::Path(error) => error.source(),
            _ => None,
        }
    }
}

impl From<ConfigStringError> for LoadError {
    fn from(error: ConfigStringError) -> Self {
        Self::ConfigString(error)
    }
}

impl From<PathError> for LoadError {
    fn from(error: PathError) -> Self {
        Self::Path(error)
    }
}

/// A pointer in words.
fn place(pointer: &str) -> &str {
    if pointer.is_empty() { "the root" } else { pointer }
}
