//! What can be wrong with a file of tensors.

use std::fmt;
use std::io;

/// Why a file of tensors cannot be read or written: the file, the place in it, and the cause.
#[derive(Debug)]
pub struct TensorError {
    pub(super) file: String,
    pub(super) place: Place,
    pub(super) cause: Cause,
}

impl TensorError {
    /// The file, as it was named to us.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Where in the file.
    #[must_use]
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// What is wrong there.
    #[must_use]
    pub fn cause(&self) -> &Cause {
        &self.cause
    }

    /// Place and cause, for those who have named the file already.
    pub(crate) fn within(&self) -> String {
        match &self.place {
            Place::File => self.cause.to_string(),
            Place::Byte(at) => format!("byte {at}: {}", self.cause),
            Place::Tensor(name) => format!("tensor `{name}`: {}", self.cause),
            Place::Record(name) => format!("record `{name}`: {}", self.cause),
        }
    }

    /// Whether the system cannot read the file: nothing is known of what is in it.
    pub(crate) fn is_io(&self) -> bool {
        matches!(self.cause, Cause::Io(_))
    }
}

impl fmt::Display for TensorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file, self.within())
    }
}

impl std::error::Error for TensorError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.cause {
            // The error itself is part of the text.
            Cause::Io(error) => error.source(),
            _ => None,
        }
    }
}

/// A place in a file of tensors.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Place {
    /// The file as a whole.
    File,
    /// A byte, counted from 0.
    Byte(u64),
    /// A tensor, by its name.
    Tensor(String),
    /// An entry of an archive, by its name.
    Record(String),
}

/// What is wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum Cause {
    /// The system cannot read or write.
    Io(io::Error),
    /// The file has no bytes.
    Empty,
    /// The file is a pointer of git-lfs; the real one was not downloaded.
    LfsPointer,
    /// The file is a web page, often that of an error.
    WebPage,
    /// The file is something else than tensors.
    Unrecognised {
        /// What it is, if known.
        known: Option<&'static str>,
    },
    /// The file ends too early.
    Truncated {
        /// The bytes that are needed from the place on.
        needed: u64,
        /// The bytes that are left.
        left: u64,
    },
    /// Loading the file in Python would run something that rebuilds no tensor.
    WouldRun {
        /// The function or class by its full name.
        callable: String,
    },
    /// Something torch knows that is not read here.
    Unsupported {
        /// What it is.
        what: String,
    },
    /// More of something than is read.
    Limit {
        /// Of what.
        what: &'static str,
        /// The bound.
        bound: u64,
    },
    /// The type of the elements is unknown.
    UnknownDtype {
        /// Its name in the file.
        name: String,
    },
    /// The sizes of a tensor are more than can be counted.
    ShapeTooLarge,
    /// The storage of a tensor ends before the tensor.
    StorageTooShort {
        /// The bytes that the tensor needs.
        needed: u64,
        /// The bytes of the storage.
        held: u64,
    },
    /// Elements of a tensor lie over each other, or cannot be shown not to.
    Overlapping,
    /// Two tensors have one name.
    DuplicateName,
    /// The format has no way to write this type.
    Unwritable {
        /// The type's name.
        dtype: &'static str,
        /// The format's name.
        format: &'static str,
    },
    /// A value has no exact counterpart in the type that was asked for.
    NotExact {
        /// The element, counted from 0 in the order of the last index first.
        element: usize,
        /// The value.
        value: String,
        /// The type that was asked for.
        into: &'static str,
    },
    /// The output exists.
    Exists,
    /// What is to be read or replaced is a pipe, a device or the like.
    NotAFile,
    /// The rules of the format are broken in another way.
    Malformed {
        /// What is wrong.
        why: String,
    },
}

impl Cause {
    /// [`Cause::Malformed`], in short.
    pub(super) fn malformed(why: impl Into<String>) -> Self {
        Self::Malformed { why: why.into() }
    }

    /// [`Cause::Unsupported`], in short.
    pub(super) fn unsupported(what: impl Into<String>) -> Self {
        Self::Unsupported { what: what.into() }
    }

    /// The cause, at a byte.
    pub(super) fn at(self, byte: usize) -> Fault {
        Fault { place: Place::Byte(byte as u64), cause: self }
    }

    /// The cause, in a tensor.
    pub(super) fn of_tensor(self, name: impl Into<String>) -> Fault {
        Fault { place: Place::Tensor(name.into()), cause: self }
    }

    /// The cause, in an entry of an archive.
    pub(super) fn of_record(self, name: impl Into<String>) -> Fault {
        Fault { place: Place::Record(name.into()), cause: self }
    }

    /// The cause, in the file as a whole.
    pub(super) fn of_file(self) -> Fault {
        Fault { place: Place::File, cause: self }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Io(error) => write!(f, "{error}"),
            Self::Empty => f.write_str("the file is empty"),
            Self::LfsPointer => f.write_str("this is a Git LFS pointer, not the file itself; run `git lfs pull`"),
            Self::WebPage => f.write_str("this is a web page, not a file of tensors; the download went wrong"),
            Self::Unrecognised { known: Some(known) } => write!(f, "this is {known}, not a file of tensors"),
            Self::Unrecognised { known: None } => {
                f.write_str("this is not a file of tensors: neither safetensors nor anything that torch writes")
            }
            Self::Truncated { needed, left } => {
                write!(f, "the file is cut short: {needed} bytes are needed here, {left} are left")
            }
            Self::WouldRun { callable } => write!(f, "loading this file would run `{callable}`"),
            Self::Unsupported { what } => write!(f, "{what} is not supported"),
            Self::Limit { what, bound } => write!(f, "more than the limit of {bound} {what}"),
            Self::UnknownDtype { name } => write!(f, "unknown element type `{name}`"),
            Self::ShapeTooLarge => f.write_str("the shape has more elements than can be counted"),
            Self::StorageTooShort { needed, held } => {
                write!(f, "the tensor needs {needed} bytes of its storage, which has {held}")
            }
            Self::Overlapping => f.write_str("elements of the tensor overlap in memory"),
            Self::DuplicateName => f.write_str("there are two with this name"),
            Self::Unwritable { dtype, format } => write!(f, "{format} has no type for {dtype}"),
            Self::NotExact { element, value, into } => {
                write!(f, "element {element} is {value}, which {into} cannot represent exactly")
            }
            Self::Exists => f.write_str(crate::files::EXISTS),
            Self::NotAFile => f.write_str("it is not a regular file"),
            Self::Malformed { why } => f.write_str(why),
        }
    }
}

impl From<io::Error> for Cause {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// An error that does not know yet which file it is in.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) place: Place,
    pub(super) cause: Cause,
}

impl Fault {
    pub(super) fn in_file(self, file: &str) -> TensorError {
        TensorError { file: file.to_owned(), place: self.place, cause: self.cause }
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Cause::Io(error).of_file()
    }
}
