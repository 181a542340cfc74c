use super::soften;
use crate::dialects::adapterhub::hub::CardSubject;
use crate::dialects::adapterhub::hub::structure::Flaw;
use crate::findings::{Report, rule};

rule! {
    /// A card lacks a key that the Hub's schema requires.
    ///
    /// ## Why is this bad
    /// The Hub's `check_format.py` refuses the card. If the index needs the key, `generate.py` stops with a `KeyError`
    /// and builds nothing at all.
    ///
    /// ## Example
    /// ```yaml
    /// # the whole of tasks/text_task/nli.yaml
    /// task: nli
    /// description: Decide whether one sentence follows from another.
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows the value.
    MissingCardKey, Error
}

impl MissingCardKey {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        for violation in &subject.violations {
            if let Flaw::Missing(key) = &violation.flaw {
                let message = format!("the required key `{key}` is missing");
                let finding = report.add(Self::INFO, &violation.pointer, violation.span, message);
                soften(subject, finding);
            }
        }
    }
}
