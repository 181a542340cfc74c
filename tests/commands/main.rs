//! The program as a process: one module a subcommand, and `check` for what it promises of all of them: exit codes,
//! streams, no panic. `cargo test --test commands convert::` runs one module.

mod action;
mod check;
mod convert;
mod convert_releases;
mod diff;
mod fix;
mod formats;
mod inspect;
mod loaded;
mod merge;
mod oracle;
mod params;
mod resolve;
mod server;
mod settings;
mod shells;
mod support;
