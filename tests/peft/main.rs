//! What this crate knows of PEFT, against what PEFT does. Recordings that have one trial a case are in `tests/recorded`.
//! `cargo test --test peft values::` runs one module.

mod configs;
#[cfg(feature = "oracle")]
mod diff;
mod expected;
mod fixed;
#[cfg(feature = "oracle")]
mod folders;
mod held;
mod inits;
mod layers;
mod reads;
mod releases;
mod support;
mod takers;
mod targets;
mod to_peft;
mod trees;
mod values;
