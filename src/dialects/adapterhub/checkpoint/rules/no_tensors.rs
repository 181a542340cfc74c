use crate::dialects::adapterhub::checkpoint::Subject;
use crate::findings::words::counted;
use crate::findings::{Report, rule};

rule! {
    /// A weights file has no tensors, or only tensors without elements.
    ///
    /// ## Why is this bad
    /// Without tensors, the adapters library leaves the adapter as it was initialised, and logs this at level INFO,
    /// which nobody sees by default; tensors without elements raise a `RuntimeError`. Both come from sharded training
    /// (DeepSpeed ZeRO, FSDP), where the process that saves may hold none of the weights. An adapter that leaves out
    /// every layer, or whose places are all switched off, has no weights to save, so it is not reported. A file may also hold something else than a dict of
    /// tensors, such as a list, at which the library raises an `AttributeError`.
    ///
    /// ## Example
    /// ```text
    /// pytorch_adapter.bin: 0 tensors
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: gather the weights before saving.
    NoTensors, Error
}

impl NoTensors {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(file) = subject.file() else { return };
        if file.is_empty() && subject.saved.may_adapt_nothing() {
            return;
        }
        let message = if file.is_empty() {
            "there are no tensors in the file"
        } else if file.iter().all(|tensor| tensor.elements() == 0) {
            "no tensor in the file has any elements"
        } else {
            return;
        };
        let others = file.others();
        let help = match others.first().filter(|_| file.is_empty()) {
            None => "gather the weights of all processes before saving".to_owned(),
            Some(first) => {
                let what = counted(others.len(), "value");
                format!(
                    "it has {what} that no adapter has, the first at `{}`: save the adapter with `save_adapter`",
                    first.name
                )
            }
        };
        report.about_tensor(Self::INFO, "", message).help(help);
    }
}
