//! The adapter as PEFT has it once it is loaded on the base model.

use super::{Adapter, Base, MergeError, places};
use crate::dialects::peft::checkpoint::Without;
use crate::dialects::peft::taken::{Start, Taken, take_out_unnamed};

/// The adapter without the modules that PEFT does not adapt with its config; where nobody can tell which these are, as it is.
///
/// # Errors
/// If PEFT refuses to adapt the model, or if a module that it does adapt has no tensors and begins at other numbers each time.
pub(super) fn as_loaded(adapter: &Adapter, base: &Base) -> Result<Adapter, MergeError> {
    let config = adapter.settings();
    let taken = Taken::of(config.written(), &places::trees(adapter, base), adapter.layout());
    let taken =
        taken.map_err(|refusal| MergeError::refused(format!("PEFT refuses to adapt this base model: {refusal}")))?;
    let Some(taken) = taken else {
        return Ok(adapter.without(|layout| take_out_unnamed(config.written(), layout).unwrap_or_default()));
    };
    let start = Start::of(config.written());
    if let Some(module) = taken.lacking.as_ref().filter(|_| start != Start::Nothing) {
        let how = if start == Start::Drawn { "draws anew each time that it loads the adapter" } else { "makes itself" };
        return Err(MergeError::refused(format!(
            "the file has no tensors for `{module}`, which PEFT adapts, too, with numbers that it {how}"
        )));
    }
    let adapter = adapter.without(|layout| layout.keep(config.written(), |module| Some(taken.has(module))));
    with_tensors_asked_for(adapter, base)
}

/// The adapter without tensors of its modules that the config asks for under other names, or not at all; where it is not known
/// what it asks for, as it is.
fn with_tensors_asked_for(adapter: Adapter, base: &Base) -> Result<Adapter, MergeError> {
    let Some(placed) = adapter.placed_on(base) else { return Ok(adapter) };
    let missing = placed.missing.first().filter(|_| placed.without != Without::Base);
    if let Some(missing) = missing {
        return Err(MergeError::refused(format!(
            "with this config PEFT looks for `{missing}`, which the file does not have, and computes with numbers of its own \
             there"
        )));
    }
    let unexpected = placed.unexpected.into_iter().collect();
    Ok(adapter.without(|layout| layout.leave_out(&unexpected)))
}
