use crate::dialects::adapterhub::checkpoint::Subject;
use crate::findings::{Report, rule};
use crate::tensors::Cause;

rule! {
    /// A weights file is a web page.
    ///
    /// ## Why is this bad
    /// A download returned a page, usually an error or a login, which was saved under the name of the weights. The
    /// adapters library raises `OSError: Unable to load weights from pytorch checkpoint file`, and does not say why.
    ///
    /// Safetensors beside a `.bin` are only read with `use_safetensors=True`: then this is a warning.
    ///
    /// ## Example
    /// ```html
    /// <!DOCTYPE html>
    /// <html><head><title>404 Not Found</title></head></html>
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the weights must be downloaded.
    WebPageAsWeights, Error
}

impl WebPageAsWeights {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.cause().is_some_and(|cause| matches!(cause, Cause::WebPage)) {
            report.about_tensor(Self::INFO, "", "the file is a web page, not weights").help("download it again");
        }
    }
}
