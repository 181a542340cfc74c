use super::soften;
use crate::dialects::adapterhub::hub::CardSubject;
use crate::dialects::adapterhub::hub::structure::Flaw;
use crate::findings::{Report, rule};

rule! {
    /// A value that must not be empty is empty.
    ///
    /// ## Why is this bad
    /// The Hub's `check_format.py` refuses the card.
    ///
    /// ## Example
    /// ```yaml
    /// files: []
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows the value.
    EmptyCardValue, Error
}

impl EmptyCardValue {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        for violation in &subject.violations {
            if matches!(violation.flaw, Flaw::Empty) {
                let key = violation.pointer.rsplit('/').next().unwrap_or_default();
                let finding = report.add(Self::INFO, &violation.pointer, violation.span, format!("`{key}` is empty"));
                finding.help("write a value, or omit the key if it is optional");
                soften(subject, finding);
            }
        }
    }
}
