//! crate
pub mod dialects;
pub mod document;
pub mod lint;
pub mod manual;
pub mod merge;
pub mod models;
pub mod python;
pub mod report;
pub mod schema;
pub mod value;
