use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::add;
use crate::findings::{Report, rule};
use crate::tensors::Cause;

rule! {
    /// A weights file is empty, cut short, or breaks the rules of its format.
    ///
    /// ## Why is this bad
    /// The adapters library raises `OSError: Unable to load weights from pytorch checkpoint file`, and does not say
    /// why. Most such files come from interrupted downloads or copies.
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
        let Some(cause) = subject.cause() else { return };
        match cause {
            Cause::Empty
            | Cause::Truncated { .. }
            | Cause::StorageTooShort { .. }
            | Cause::ShapeTooLarge
            | Cause::Overlapping
            | Cause::DuplicateName
            | Cause::Malformed { .. } => {
                add(report, Self::INFO, "", subject.flaw()).help("download it again, or save it again");
            }
            _ => {}
        }
    }
}
