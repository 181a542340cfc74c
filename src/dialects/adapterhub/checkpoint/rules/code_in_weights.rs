use crate::dialects::adapterhub::checkpoint::Subject;
use crate::findings::{Report, rule};
use crate::tensors::Cause;

rule! {
    /// Reading a weights file would run code that does not rebuild a tensor.
    ///
    /// ## Why is this bad
    /// A `.bin` file is a pickle: instructions that may call any function. This one names a function that no weights
    /// need. Since 1.1, adapters reads pickles with `weights_only=True` and refuses it; older releases, and a plain
    /// `torch.load` of torch before 2.6, run it with the rights of whoever loads the adapter. The linter has not run
    /// anything.
    ///
    /// ## Example
    /// ```text
    /// pytorch_adapter.bin: loading this file would run `posix.system`
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix. Do not load the file; ask its author for one in safetensors, which cannot contain code.
    CodeInWeights, Error
}

impl CodeInWeights {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if let Some(Cause::WouldRun { callable }) = subject.cause() {
            report
                .about_tensor(Self::INFO, "", format!("reading this file would run `{callable}`"))
                .help("do not load it; ask the author for a safetensors file, which cannot contain code");
        }
    }
}
