//! AdapterHub: `adapters` and its ancestor `adapter-transformers`.

pub mod config;
pub mod files;
pub mod hub;
pub mod releases;
pub mod shapes;
pub mod uses;
