use crate::dialects::peft::WEIGHTS_NAMES;
use crate::dialects::peft::checkpoint::Facts;
use crate::findings::{Report, rule};
use crate::tensors::{Cause, Format};

rule! {
    /// PEFT's weights are damaged, in a pickle that torch refuses, or in a format other than their name says.
    ///
    /// ## Why is this bad
    /// PEFT cannot load them: safetensors raises a `SafetensorError` about the header, torch an `UnpicklingError` or a
    /// `RuntimeError`. Most such files are interrupted downloads or copies. The name alone decides which of the two
    /// reads a file.
    ///
    /// An `adapter_model.bin` beside an `adapter_model.safetensors` PEFT does not look at: then this is a warning.
    ///
    /// ## Example
    /// ```text
    /// adapter_model.safetensors: byte 0: the file is cut short
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the weights have to be downloaded or saved again.
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
            report.about_tensor(Self::INFO, "", facts.flaw()).help("download it again, or save it again");
        }
        if let Some(file) = facts.file().filter(|_| facts.is_read) {
            format_of_name(facts.name(), file.format(), report);
        }
        if let Some(protocol) = facts.file().and_then(|file| file.pickle_protocol())
            && protocol > NEWEST_PROTOCOL
        {
            let message = format!("the pickle has protocol {protocol}, which torch refuses with `weights_only=True`");
            report.about_tensor(Self::INFO, "", message).help("save it again as safetensors");
        }
    }
}

/// PEFT does not look into the file for what it is.
fn format_of_name(name: &str, format: Format, report: &mut Report) {
    let [safetensors, torch] = WEIGHTS_NAMES;
    let (message, meant) = match (name == safetensors, format == Format::Safetensors) {
        (true, false) => ("the file is a torch file, and safetensors refuses it", torch),
        (false, true) => ("the file is a safetensors file, and torch refuses it", safetensors),
        _ => return,
    };
    report.about_tensor(PeftWeightsDamaged::INFO, "", message).help(format!("rename it to `{meant}`"));
}
