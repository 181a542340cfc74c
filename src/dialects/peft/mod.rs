//! Hugging Face PEFT: `adapter_config.json` with a `peft_type`, and tensors under the names of the model's modules.
//!
//! What is said here is what PEFT 0.21.2 does, recorded by running it (`fixtures/checkpoints/peft-0.21.2`,
//! `fixtures/peft`, `fixtures/verdicts_peft`).

#[cfg(feature = "oracle")]
pub(crate) mod checkpoint;
pub mod config;
pub mod defaults;
mod ends;
pub mod expected;
mod flaws;
#[cfg(feature = "oracle")]
pub(crate) mod layout;
pub mod load;
pub(crate) mod lone;
pub mod lora_init;
pub(crate) mod model_rules;
pub mod names;
mod namesakes;
mod pattern;
mod peft_type;
mod read;
mod recognise;
pub(crate) mod release;
pub mod releases;
pub mod repair;
pub(crate) mod rules;
pub(crate) mod schemas;
pub mod serving;
#[cfg(feature = "oracle")]
pub(crate) mod taken;
pub mod targets;
#[cfg(feature = "oracle")]
pub mod updates;
pub(crate) mod uses;
pub(crate) mod view;

pub use lora_init::LoraInit;
pub use namesakes::namesakes;
pub use pattern::{Pattern, PatternError};
pub use peft_type::{Does, PeftType};

pub(crate) use recognise::recognise;
pub(crate) use view::Subject;

use super::{File, FileKind};
use crate::findings::{Report, RuleInfo};

/// The release that all of this is about, as `peft_version` spells it.
pub const RELEASE: &str = releases::Release::NEWEST.number();

/// The name of the config.
pub const CONFIG_NAME: &str = "adapter_config.json";

/// The names of the weights, safetensors and torch. PEFT takes the first that is there.
pub const WEIGHTS_NAMES: [&str; 2] = ["adapter_model.safetensors", "adapter_model.bin"];

/// Judges a file of this dialect, on the base model if the caller named one.
pub(super) fn check(kind: FileKind, file: File<'_>, report: &mut Report) {
    if kind != FileKind::PeftConfig {
        return;
    }
    let release = file.targets.peft_or_newest();
    if release == releases::Release::NEWEST {
        check_newest(file, report);
    } else {
        let read = release::as_read(file.root, release);
        let mut found = Report::default();
        check_newest(File { root: &read, ..file }, &mut found);
        release::keep_what_holds(file.root, release, &mut found);
        report.take(found);
    }
    release::check(file, report);
    if let Some(server) = file.targets.vllm() {
        serving::check(file.document, file.root, server, report);
    }
}

/// Judges a file by what the newest release does.
fn check_newest(file: File<'_>, report: &mut Report) {
    let subject = flaws::judged(file.document, file.root, file.model);
    rules::check_all(&subject, report);
    if let Some(model) = file.model {
        model_rules::check(&subject, model, report);
    }
}

/// Every rule of this dialect.
pub(crate) fn all_rules() -> impl Iterator<Item = &'static &'static RuleInfo> {
    let rules = rules::RULES.iter().chain(model_rules::RULES).chain(release::rules::RULES).chain(lone::RULES);
    let rules = rules.chain(serving::rules::RULES);
    #[cfg(feature = "oracle")]
    let rules = rules.chain(serving::tensors::RULES).chain(checkpoint::rules::RULES);
    rules
}
