//! AdapterHub: `adapters` and its ancestor `adapter-transformers`.

pub mod config;
pub mod config_string;
pub mod identity;
pub mod load;
pub mod presets;
pub mod uses;
