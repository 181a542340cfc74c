//! Whether a library takes a value of a key: the outcome of what each dialect knows of its keys' uses.

/// Whether the library takes a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Judgement {
    /// As it is meant.
    Fine,
    /// It runs, but the value is not of the kind that it should be; what happens instead.
    Loose(String),
    /// It does not run; why.
    Refused(Flaw, String),
}

/// What is wrong with a refused value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Its type.
    Type,
    /// Its size.
    Range,
    /// It is none of a few.
    Choice,
    /// It is no regular expression.
    Pattern,
    /// The newest release takes it, and the release that the file is for does not.
    Newer,
}
