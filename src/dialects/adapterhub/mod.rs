//! AdapterHub: `adapters` and its ancestor `adapter-transformers`.

pub mod config;
pub mod uses;
