use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::add;
use crate::tensors::Cause;
use crate::findings::{Report, rule};

rule! {
    /// PEFT's weights are empty, cut short, of a pickle that torch refuses, or break the rules of their format.
    ///
    /// ## Why is this bad
    /// PEFT cannot load them: safetensors raises a `SafetensorError` about the header, torch an `UnpicklingError` or a
    /// `RuntimeError`. Most such files are downloads or copies that stopped.
    ///
    /// ## Example
    /// ```text
    /// adapter_model.safetensors: byte 0: the file is cut short
    /// ```
    ///
    /// ## Fix safety
    /// There is none: the weights have to be fetched or saved again.
    PeftWeightsDamaged, Error
}

/// The newest protocol that `torch.load(weights_only=True)` reads.
const NEWEST_PROTOCOL: u8 = 3;

impl PeftWeightsDamaged {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        if let Some(
            Cause::Empty
            | Cause::Unrecognised { .. }
            | Cause::Truncated { .. }
            | Cause::StorageTooShort { .. }
            | Cause::ShapeTooLarge
            | Cause::Overlapping
            | Cause::DuplicateName
            | Cause::Malformed { .. },
        ) = facts.cause()
        {
            add(report, Self::INFO, "", facts.flaw()).help("fetch it again, or save it again");
        }
        if let Some(protocol) = facts.file().and_then(|file| file.pickle_protocol())
            && protocol > NEWEST_PROTOCOL
        {
            let message = format!("the pickle is of protocol {protocol}, which torch refuses with `weights_only=True`");
            add(report, Self::INFO, "", message).help("save it again as safetensors");
        }
    }
}
