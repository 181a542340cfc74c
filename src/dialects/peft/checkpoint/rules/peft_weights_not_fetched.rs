use crate::dialects::peft::checkpoint::Facts;
use crate::findings::{Report, rule};
use crate::tensors::Cause;

rule! {
    /// A Git LFS pointer or a web page in place of PEFT's weights.
    ///
    /// ## Why is this bad
    /// The repository was cloned without Git LFS, or a web page was downloaded instead of the file. PEFT raises
    /// `SafetensorError: Error while deserializing header: header too large`, or an `UnpicklingError`, and does not say
    /// why.
    ///
    /// An `adapter_model.bin` beside an `adapter_model.safetensors` PEFT does not look at: then this is a warning.
    ///
    /// ## Example
    /// ```text
    /// version https://git-lfs.github.com/spec/v1
    /// oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
    /// size 3594121
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the weights have to be downloaded.
    PeftWeightsNotFetched, Error
}

impl PeftWeightsNotFetched {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        match facts.cause() {
            Some(Cause::LfsPointer) => {
                report
                    .about_tensor(Self::INFO, "", "the file is a Git LFS pointer, not the weights themselves")
                    .help("run `git lfs pull` in the clone");
            }
            Some(Cause::WebPage) => {
                report
                    .about_tensor(Self::INFO, "", "the file is a web page, not weights")
                    .help("download the file itself, from a link with `resolve` in it");
            }
            _ => {}
        }
    }
}
