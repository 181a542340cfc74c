//! crate
pub mod dialects;
pub mod document;
pub mod schema;
pub mod value;
