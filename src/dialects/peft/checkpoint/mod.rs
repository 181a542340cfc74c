//! A folder of PEFT: weights beside an `adapter_config.json`, held against the config and, if the caller named one, the
//! base model. What PEFT 0.21.2 makes of folders with flaws is recorded in `fixtures/peft/folders.json`.

mod comparison;
mod lora;
mod mend_error;
pub(crate) mod mending;
mod missing;
pub(crate) mod rules;
mod spellings;
mod subject;
pub(super) mod told;
mod untaken;

pub use mend_error::MendError;

use comparison::Comparison;
pub(crate) use missing::{Without, lacks_shared, torn_off};
use subject::{Facts, Subject};

use super::WEIGHTS_NAMES;
use crate::checkpoint::{CheckpointError, Container};
use crate::dialects::peft::uses::MethodUses;
use crate::dialects::peft::{PeftType, serving};
use crate::dialects::{Dialect, FileKind, Recognised};
use crate::findings::Report;
use crate::lint::Options;
use crate::models::Model;
use crate::tensors::TensorFile;
use crate::value::Map;

/// Whether a file is called as PEFT calls its weights.
fn is_weights(name: &str) -> bool {
    WEIGHTS_NAMES.contains(&name)
}

/// What PEFT makes of the tensors of a file with a config on a base model.
pub(crate) struct Placed {
    /// The tensors that it drops, as they have no place.
    pub(crate) unexpected: Vec<String>,
    /// The tensors that the config asks for and that are not there.
    pub(crate) missing: Vec<String>,
    /// What it makes of it that they are not.
    pub(crate) without: Without,
}

/// Holds tensors against what the config asks for. `None` where that is not known, or nothing is where it should be, though
/// it may be meant.
pub(crate) fn placed(config: &Map, model: &Model, file: &TensorFile) -> Option<Placed> {
    let config = MethodUses::own_keys(config);
    let found = Comparison::new(&config, model, file)?;
    let is_elsewhere = found.unexpected.len() == file.len();
    let is_placed = found.shift.is_none() && (found.placed > 0 || is_elsewhere);
    is_placed.then(|| {
        let missing: Vec<&str> = found.missing.iter().map(|expected| expected.name.as_str()).collect();
        Placed {
            without: Without::these(&missing, &found, (file, &config)),
            unexpected: found.unexpected.iter().map(|tensor| tensor.name().to_owned()).collect(),
            missing: missing.into_iter().map(str::to_owned).collect(),
        }
    })
}

/// Why PEFT does not load the tensors of a file with a config: sizes that the config, or the base model, gives otherwise, and
/// modules to save that are not there.
pub(crate) fn refusals(config: &Map, model: Option<&Model>, file: &TensorFile) -> Vec<String> {
    let config = MethodUses::own_keys(config);
    let facts = Facts::of_sizes(&config, model, file);
    let mut report = Report::default();
    rules::check_loading(&facts, &mut report);
    report.into_findings().into_iter().map(|finding| finding.message).collect()
}

/// Judges a file of weights in the folder that it is in. `None` for a file of another name.
pub(crate) fn check(
    container: &Container,
    name: &str,
    options: &Options,
    report: &mut Report,
) -> Result<Option<Recognised>, CheckpointError> {
    if !is_weights(name) {
        return Ok(None);
    }
    let recognised = Recognised { dialect: Some(Dialect::Peft), kind: FileKind::AdapterWeights, certain: true };
    let subject = Subject::read(container, name, options.model.as_ref(), options.all_numbers)?;
    let mut own = Report::default();
    let facts = Facts::new(&subject);
    rules::check_all(&facts, &mut own);
    if let Some((file, server)) = facts.file().zip(options.targets.vllm()).filter(|_| facts.is(PeftType::Lora)) {
        serving::tensors::check(file, server, &mut own);
    }
    if !facts.is_read {
        own.soften(
            0,
            &format!("PEFT takes `{}` beside it; only other programs would read this file", WEIGHTS_NAMES[0]),
        );
    }
    facts.finish()?;
    mending::offer(&subject, container, &mut own);
    report.take(own);
    Ok(Some(recognised))
}
