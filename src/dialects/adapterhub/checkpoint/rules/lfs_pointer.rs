use crate::dialects::adapterhub::checkpoint::Subject;
use crate::findings::{Report, rule};
use crate::tensors::Cause;

rule! {
    /// A weights file is a Git LFS pointer.
    ///
    /// ## Why is this bad
    /// The repository was cloned without Git LFS, so the file holds three lines of text that say where the weights are.
    /// The adapters library raises `OSError: Unable to load weights from pytorch checkpoint file`, and does not say
    /// why.
    ///
    /// Safetensors beside a `.bin` are only read with `use_safetensors=True`: then this is a warning.
    ///
    /// ## Example
    /// ```text
    /// version https://git-lfs.github.com/spec/v1
    /// oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393
    /// size 3594121
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the weights must be downloaded.
    LfsPointer, Error
}

impl LfsPointer {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.cause().is_some_and(|cause| matches!(cause, Cause::LfsPointer)) {
            report
                .about_tensor(Self::INFO, "", "the file is a Git LFS pointer, not the weights themselves")
                .help("run `git lfs pull` in the cloned repository");
        }
    }
}
