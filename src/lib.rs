//! crate
pub mod dialects;
pub mod document;
pub mod value;
