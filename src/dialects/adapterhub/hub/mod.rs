//! The info cards of the Hub, AdapterHub's first index of adapters: YAML files that say where an adapter is, what it
//! was trained on and how it is built. Their keys are those of the Hub's own schemas.

mod adapter;
mod architecture;
pub(crate) mod rules;
mod task;

pub use adapter::{AdapterCard, CardConfig, Dependency, DownloadFile, HubType};
pub use architecture::ArchitectureCard;
pub use task::{Metric, SubtaskCard, TaskCard, TypeCard};
