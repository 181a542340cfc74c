use crate::dialects::adapterhub::checkpoint::Subject;
use crate::findings::{Report, rule};
use crate::tensors::Cause;

rule! {
    /// A weights file is something else, or holds something that no adapter consists of.
    ///
    /// ## Why is this bad
    /// The adapters library reads what `torch.save` writes, and safetensors if it is told to. Anything else raises an
    /// `OSError`; sparse and quantised tensors raise a `RuntimeError` when they are copied into the model.
    ///
    /// ## Example
    /// ```text
    /// pytorch_adapter.bin: this is a gzip archive, not a file of tensors
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    WeightsUnrecognised, Error
}

impl WeightsUnrecognised {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(cause) = subject.cause() else { return };
        match cause {
            Cause::Unrecognised { .. }
            | Cause::Unsupported { .. }
            | Cause::UnknownDtype { .. }
            | Cause::Limit { .. } => {
                report.about_tensor(Self::INFO, "", subject.flaw()).help("save the adapter again with `save_adapter`");
            }
            _ => {}
        }
    }
}
