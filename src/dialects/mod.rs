//! How each library writes adapters down.

pub mod adapterhub;
