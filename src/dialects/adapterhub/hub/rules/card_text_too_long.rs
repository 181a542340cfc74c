use super::soften;
use crate::dialects::adapterhub::hub::CardSubject;
use crate::dialects::adapterhub::hub::structure::Flaw;
use crate::findings::{Report, rule};

rule! {
    /// A text is longer than the Hub allows.
    ///
    /// ## Why is this bad
    /// The Hub's `check_format.py` refuses the card. It counts characters, not bytes. The last line break of a `|`
    /// block counts too, but that of a `|-` block does not.
    ///
    /// ## Example
    /// ```yaml
    /// # tasks/text_task/natural_language_inference_of_sentences.yaml
    /// task: natural_language_inference_of_sentences
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author can say it in fewer words.
    CardTextTooLong, Error
}

impl CardTextTooLong {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        for violation in &subject.violations {
            let Flaw::TooLong(limit) = violation.flaw else { continue };
            let length =
                subject.at(&violation.pointer).and_then(|node| node.as_str()).unwrap_or_default().chars().count();
            let message = format!("this text has {length} characters; the Hub allows {limit}");
            let finding = report.add(Self::INFO, &violation.pointer, violation.span, message);
            soften(subject, finding);
        }
    }
}
