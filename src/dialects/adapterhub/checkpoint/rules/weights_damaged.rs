use crate::dialects::adapterhub::checkpoint::Subject;
use crate::findings::{Report, rule};
use crate::tensors::{Cause, Format};

rule! {
    /// A weights file is empty, cut short, breaks the rules of its format, or has another format than its name says.
    ///
    /// ## Why is this bad
    /// The adapters library raises `OSError: Unable to load weights from pytorch checkpoint file`, and does not say
    /// why. Most such files come from interrupted downloads or copies. The name alone decides which of safetensors and
    /// torch reads a file.
    ///
    /// Safetensors beside a `.bin` are only read with `use_safetensors=True`: then this is a warning.
    ///
    /// ## Example
    /// ```text
    /// pytorch_adapter.bin: the archive has no directory at its end; the file is cut short
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the weights must be downloaded or saved again.
    WeightsDamaged, Error
}

impl WeightsDamaged {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        format_of_name(subject, report);
        let Some(cause) = subject.cause() else { return };
        match cause {
            Cause::Empty
            | Cause::Truncated { .. }
            | Cause::StorageTooShort { .. }
            | Cause::ShapeTooLarge
            | Cause::Overlapping
            | Cause::DuplicateName
            | Cause::Malformed { .. } => {
                report.about_tensor(Self::INFO, "", subject.flaw()).help("download it again, or save it again");
            }
            _ => {}
        }
    }
}

/// The library does not look into the file for what it is.
fn format_of_name(subject: &Subject<'_>, report: &mut Report) {
    let Some(file) = subject.file() else { return };
    let [safetensors, torch] = subject.role.weights_names();
    let (message, meant) = match (subject.weights.name == safetensors, file.format() == Format::Safetensors) {
        (true, false) => ("the file is a torch file, and safetensors refuses it", torch),
        (false, true) => ("the file is a safetensors file, and torch refuses it", safetensors),
        _ => return,
    };
    report.about_tensor(WeightsDamaged::INFO, "", message).help(format!("rename it to `{meant}`"));
}
