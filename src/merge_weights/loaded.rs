//! What PEFT takes of an adapter's file on a base model: the tensors of the modules that the config names there. Others it
//! drops with a warning.

use std::collections::BTreeSet;

use super::{Adapter, Base, MergeError, places};
use crate::dialects::peft::PeftType::{C3a, Fourierft, Tinylora, Vblora};
use crate::dialects::peft::config::PeftMethod;
use crate::dialects::peft::expected::{Adapted, Refusal, expect};
use crate::dialects::peft::lora_init::LoraInit;
use crate::dialects::peft::targets::Targets;
use crate::dialects::peft::updates::Settings;
use crate::value::Value;

/// What stands between the path of a module and a tensor of one of its parameters, once for each that is adapted later.
const NESTED: &str = ".base_layer";

/// The adapter without the modules that PEFT does not adapt with its config; where nobody can tell which these are, as it is.
///
/// # Errors
/// If PEFT refuses to adapt the model, or if a module that it does adapt has no tensors and begins at other numbers each time.
pub(super) fn as_loaded(adapter: &Adapter, base: &Base) -> Result<Adapter, MergeError> {
    let config = adapter.settings().written();
    let outcomes: Vec<_> = places::trees(adapter, base).iter().map(|tree| expect(config, tree)).collect();
    if let Some(refusal) = refused_by_all(&outcomes) {
        return Err(MergeError::refused(format!("PEFT refuses to adapt this base model: {refusal}")));
    }
    let known = || outcomes.iter().flatten().flatten();
    let is_own = |adapted: &Adapted| adapted.wrapped().filter(|module| adapter.has(module)).count();
    match known().max_by_key(|adapted| is_own(adapted)).filter(|adapted| is_own(adapted) > 0) {
        Some(adapted) => {
            let lacking = adapted.modules.iter().find(|module| !adapter.has(module));
            if let Some(module) = lacking.filter(|_| !begins_as_nothing(adapter.settings())) {
                return Err(MergeError::refused(format!(
                    "the file has no tensors for `{module}`, which PEFT adapts, too, and which begins at other numbers each \
                     time that it loads the adapter"
                )));
            }
            // What any of the classes adapts that the base model may be of.
            let wrapped: BTreeSet<&str> = known().flat_map(Adapted::wrapped).collect();
            Ok(adapter.only(|module| wrapped.contains(module.split(NESTED).next().unwrap_or(module))))
        }
        // Their names alone tell of some.
        None => Ok(Targets::of(config).map_or_else(
            || adapter.clone(),
            |targets| adapter.only(|module| !matches!(targets.matches(module), Ok(Some(false)))),
        )),
    }
}

/// Why PEFT refuses, whichever class the base model is of.
fn refused_by_all(outcomes: &[Option<Result<Adapted, Refusal>>]) -> Option<&Refusal> {
    let refusals: Option<Vec<_>> = outcomes.iter().map(|outcome| outcome.as_ref()?.as_ref().err()).collect();
    refusals?.first().copied()
}

/// Whether a module without tensors does nothing, since the method begins there.
fn begins_as_nothing(config: Settings<'_>) -> bool {
    let Some(method) = config.peft_type() else { return true };
    let is_init = |key: &&str| key.starts_with("init_") && key.ends_with("weights");
    match method {
        Vblora | Tinylora => false,
        C3a => config.get("init_weights") == Some(&Value::Bool(true)),
        Fourierft => config.truth("init_weights"),
        _ => match PeftMethod::of(method).keys().map(|key| key.name).find(is_init) {
            Some("init_lora_weights") => config.lora_init() != LoraInit::Random,
            Some(key) => config.truth(key),
            None => true,
        },
    }
}
