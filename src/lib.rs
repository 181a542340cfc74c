//! crate
pub mod dialects;
pub mod document;
pub mod lint;
pub mod models;
pub mod schema;
pub mod value;
