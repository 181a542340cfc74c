//! crate
pub mod dialects;
pub mod document;
pub mod merge;
pub mod python;
pub mod value;
