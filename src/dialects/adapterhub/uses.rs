//! How the library uses the value of a key.
/// How a value is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// By its truth.
    Truth,
}
