use crate::dialects::adapterhub::hub::CardSubject;
use crate::dialects::adapterhub::hub::structure::Flaw;
use crate::findings::{Report, rule};

rule! {
    /// A download has neither `sha1` nor `sha256`.
    ///
    /// ## Why is this bad
    /// The Hub's `check_format.py` refuses the card: nobody could tell whether the archive is still the same.
    ///
    /// ## Example
    /// ```yaml
    /// files:
    ///   - version: "1"
    ///     url: https://example.org/adapter.zip
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the checksum must be computed from the archive (`sha256sum adapter.zip`).
    FileWithoutChecksum, Error
}

impl FileWithoutChecksum {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        for violation in &subject.violations {
            if matches!(violation.flaw, Flaw::NoneOf) {
                let message = "this file has neither `sha1` nor `sha256`";
                report
                    .add(Self::INFO, &violation.pointer, violation.span, message)
                    .help("`sha256sum` prints the checksum");
            }
        }
    }
}
