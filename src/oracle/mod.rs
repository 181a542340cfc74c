//! Golden cases: what the real library computed, and whether an implementation computes the same.
//!
//! A [`Case`] with its arrays goes through [`run`](kinds::run), which builds the [methods](crate::methods) from the
//! configs as a user of the library would, and gives outputs; [`Difference`] holds them to what was recorded.

mod arrays;
mod case;
mod compare;
mod error;
mod fault;
mod folder;
mod judge;
pub mod kinds;
mod model;
mod settings;

pub use arrays::{Group, Outputs};
pub use case::{Case, FORMAT, Refused, Source, Stage, Tolerance, Tolerances, Verdict};
pub use compare::{Bound, Difference};
pub use error::OracleError;
pub use fault::{Differs, Fault, FaultKind};
pub use folder::Files;
pub use judge::{Judged, judge, judge_computed, judge_outputs};
pub use model::{AdaptedModel, AdapterFolder, Attention, FusionFolder, Saved, read_inputs, write_outputs};
pub use settings::*;
