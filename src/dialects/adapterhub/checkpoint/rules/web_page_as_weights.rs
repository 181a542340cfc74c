use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::add;
use crate::findings::{Report, rule};
use crate::tensors::Cause;

rule! {
    /// A file of weights is a web page.
    ///
    /// ## Why is this bad
    /// A download ended on a page, mostly of an error or a login, and was saved under the name of the weights. The
    /// library raises `OSError: Unable to load weights from pytorch checkpoint file`, and does not say why.
    ///
    /// ## Example
    /// ```html
    /// <!DOCTYPE html>
    /// <html><head><title>404 Not Found</title></head></html>
    /// ```
    ///
    /// ## Fix safety
    /// There is none: the weights have to be fetched.
    WebPageAsWeights, Error
}

impl WebPageAsWeights {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.cause().is_some_and(|cause| matches!(cause, Cause::WebPage)) {
            add(report, Self::INFO, "", "the file is a web page, not weights").help("download it again");
        }
    }
}
