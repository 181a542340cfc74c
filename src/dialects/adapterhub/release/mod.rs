//! Files judged for one release of the libraries (`--for adapters@1.0.1`), and not for the newest.
//!
//! Which release knows which key is the table in [`releases`](super::releases); `facts` has what else a release does
//! otherwise than the newest; the rules of this folder, AL8xx, tell it. Everything is held to recordings of six releases
//! (`fixtures/verdicts_releases`); what no recording shows was read in the published sources.
//!
//! A config is judged as the release reads it: keys that it does not know count as not written, so that the rules of
//! the newest release hold for what is left. `facts::silenced` says which of them do not.

pub(crate) mod does;
mod edits;
pub(crate) mod facts;
pub(crate) mod meaning;
pub(crate) mod model_types;
mod number;
pub(crate) mod rules;
pub(crate) mod values;

pub use number::{Release, UnknownRelease};
