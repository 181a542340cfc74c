//! What holds of every input: laws on generated ones, and inputs made to be slow, to overflow or to break something.
//! `cargo test --test laws merge::` runs one module.

#[cfg(feature = "oracle")]
mod diff;
mod document;
mod fix;
mod hostile;
#[cfg(feature = "oracle")]
mod hostile_cases;
#[cfg(feature = "oracle")]
mod hostile_tensors;
mod hub;
mod lint;
mod merge;
#[cfg(feature = "oracle")]
mod methods;
mod names;
#[cfg(feature = "oracle")]
mod papers;
mod python;
mod tensors;
#[cfg(feature = "oracle")]
mod unions;
#[cfg(feature = "oracle")]
mod updates;
