use std::fmt;

/// Why it cannot be told what PEFT would call the tensors of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RepairError {
    /// What a name begins with may be one thing or another.
    Unclear {
        /// The name.
        name: String,
        /// What is not clear, behind "it is unclear".
        doubt: &'static str,
    },
    /// Two tensors would have one name.
    SameName {
        /// Their names in the file.
        tensors: [String; 2],
        /// The one name.
        name: String,
    },
    /// The name of an adapter was left in some names only.
    PartlyNamed {
        /// One of these.
        name: String,
    },
    /// The tensors are those of several adapters.
    SeveralAdapters {
        /// The names of two of them.
        adapters: [String; 2],
        /// A tensor of each.
        tensors: [String; 2],
    },
}

impl fmt::Display for RepairError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unclear { name, doubt } => write!(f, "`{name}`: it is unclear {doubt}"),
            Self::SameName { tensors: [one, other], name } => {
                write!(f, "`{one}` and `{other}` would both be `{name}`")
            }
            Self::PartlyNamed { name } => {
                write!(f, "`{name}` contains the name of an adapter, but others of its kind have none")
            }
            Self::SeveralAdapters { adapters: [first, second], tensors: [one, other] } => {
                write!(f, "`{one}` belongs to the adapter `{first}`, `{other}` to `{second}`: a PEFT file has only one")
            }
        }
    }
}

impl std::error::Error for RepairError {}
