use std::fmt;
use std::path::{Path, PathBuf};

use crate::document::{Source, Span};
use crate::files::AnyError;

/// One thing that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What.
    pub message: String,
}

impl Problem {
    pub(super) fn new(span: std::ops::Range<usize>, message: impl Into<String>) -> Self {
        Self { span: Span::new(span.start, span.end), message: message.into() }
    }
}

/// Why settings cannot be used.
#[derive(Debug)]
#[non_exhaustive]
pub enum SettingsError {
    /// A file cannot be read.
    File {
        /// Its path.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// What it says cannot be understood.
    Unusable {
        /// Its path.
        path: PathBuf,
        /// Its text.
        source: Box<Source>,
        /// Everything that is wrong, by place.
        problems: Vec<Problem>,
    },
    /// A baseline cannot be understood.
    Baseline {
        /// Its path.
        path: PathBuf,
        /// Why.
        cause: AnyError,
    },
}

impl SettingsError {
    pub(super) fn unusable(path: &Path, source: &Source, mut problems: Vec<Problem>) -> Self {
        problems.sort_unstable_by_key(|problem| problem.span);
        Self::Unusable { path: path.to_owned(), source: Box::new(source.clone()), problems }
    }
}

/// One line for each problem: path, line, column and what is wrong.
impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, error } => write!(f, "{}: {error}", path.display()),
            Self::Baseline { path, cause } => {
                write!(f, "{}: {cause}; it has to be written again", path.display())
            }
            Self::Unusable { path, source, problems } => {
                for (number, problem) in problems.iter().enumerate() {
                    let at = source.position(problem.span.start);
                    let newline = if number == 0 { "" } else { "\n" };
                    write!(f, "{newline}{}:{}:{}: {}", path.display(), at.line, at.column, problem.message)?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for SettingsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // Their own text is part of ours already.
            Self::File { error, .. } => error.source(),
            Self::Baseline { cause, .. } => cause.source(),
            Self::Unusable { .. } => None,
        }
    }
}
