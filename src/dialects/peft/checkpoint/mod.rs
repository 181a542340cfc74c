//! A folder of PEFT: weights beside an `adapter_config.json`, held against the config and, if the caller named one, the
//! base model. What PEFT 0.21.2 makes of folders with flaws is recorded in `fixtures/peft/folders.json`.

mod comparison;
mod lora;
pub(crate) mod mending;
pub(crate) mod rules;
mod subject;
mod told;

use subject::Facts;
pub(crate) use subject::check;
