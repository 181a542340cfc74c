use crate::dialects::peft::checkpoint::Facts;
use crate::findings::{Report, rule};
use crate::tensors::Cause;

rule! {
    /// Reading PEFT's `adapter_model.bin` would run code that no tensor needs.
    ///
    /// ## Why is this bad
    /// A `.bin` file is a pickle: instructions that may call anything, and this one names a function that weights do
    /// not need. PEFT reads it with `weights_only=True` and refuses it; a plain `torch.load` of torch before 2.6 runs
    /// it. Nothing was run here.
    ///
    /// ## Example
    /// ```text
    /// adapter_model.bin: reading this file would run `posix.system`
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix. Do not load the file; ask its author for one in safetensors, which holds no code.
    CodeInPeftWeights, Error
}

impl CodeInPeftWeights {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        if let Some(Cause::WouldRun { callable }) = facts.cause() {
            report
                .about_tensor(Self::INFO, "", format!("reading this file would run `{callable}`"))
                .help("do not load it; ask the author for a safetensors file, which holds no code");
        }
    }
}
