use crate::dialects::adapterhub::hub::CardSubject;
use crate::findings::{Report, rule};

rule! {
    /// A file's version is empty.
    ///
    /// ## Why is this bad
    /// The Hub accepts it, but the adapters library treats an empty version as not given: nobody can ask for this file,
    /// only for the default.
    ///
    /// ## Example
    /// ```yaml
    /// files:
    ///   - version: ''
    ///     url: https://example.org/adapter.zip
    ///     sha1: fe05bcdcdc4928012781a5f1a2a77cbb5398e106
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows the version.
    EmptyVersion, Warning
}

impl EmptyVersion {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        for (pointer, file) in subject.files() {
            if let Some(node) = file.get("version")
                && node.as_str() == Some("")
            {
                report.add(Self::INFO, format!("{pointer}/version"), node.span, "the version is empty");
            }
        }
    }
}
