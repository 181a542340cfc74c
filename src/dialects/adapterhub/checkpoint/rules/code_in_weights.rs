use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::add;
use crate::findings::{Report, rule};
use crate::tensors::Cause;

rule! {
    /// Reading a file of weights would run code that rebuilds no tensor.
    ///
    /// ## Why is this bad
    /// A `.bin` file is a pickle: instructions that may call anything. This one names a function that no weights need.
    /// adapters since 1.1 reads pickles with `weights_only=True` and refuses it; older releases, and a plain `torch.load`
    /// of torch before 2.6, run it with the rights of whoever loads the adapter. Nothing was run here.
    ///
    /// ## Example
    /// ```text
    /// pytorch_adapter.bin: loading this file would run `posix.system`
    /// ```
    ///
    /// ## Fix safety
    /// There is none. Do not load the file; ask its author for one in safetensors, which holds no code.
    CodeInWeights, Error
}

impl CodeInWeights {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if let Some(Cause::WouldRun { callable }) = subject.cause() {
            add(report, Self::INFO, "", format!("reading this file would run `{callable}`"))
                .help("do not load it; ask the author for a file of safetensors, which holds no code");
        }
    }
}
