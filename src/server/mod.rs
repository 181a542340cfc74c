//! The language server: what an editor shows while a config or an info card is being typed. It speaks the Language
//! Server Protocol; what is judged, and how, is the linter's.

mod actions;
mod client;
mod completion;
mod cursor;
mod diagnostics;
mod expect;
mod file;
mod fixes;
mod hover;
mod session;
mod settings;
mod text;
mod transport;
mod uri;
#[cfg(feature = "oracle")]
mod weights;
mod words;

pub use session::{Exit, run};
