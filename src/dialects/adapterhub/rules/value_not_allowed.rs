use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::release::meaning::is_approximate;
use crate::dialects::adapterhub::uses::Flaw;
use crate::document::Edit;
use crate::findings::{Report, rule};

rule! {
    /// A value is not one of the few that the library knows.
    ///
    /// ## Why is this bad
    /// The adapters library compares the value with the names it knows and raises a `ValueError`, `KeyError` or
    /// `AssertionError` for any other; in some cases only once the model is loaded.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "rleu"}
    /// ```
    ///
    /// ## Fix safety
    /// Correcting a name that is right except for capitals, separators or blanks is safe, and so is replacing the old
    /// name of an activation. A name that is merely similar is only suggested.
    ValueNotAllowed, Error
}

impl ValueNotAllowed {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for flaw in subject.flaws().iter().filter(|flaw| flaw.flaw == Some(Flaw::Choice)) {
            let finding = report.add(Self::INFO, &flaw.pointer, flaw.span, &flaw.message);
            if let Some(cause) = flaw.cause {
                finding.also(cause, "this makes the library read it");
            }
            if !flaw.expected.is_empty() {
                finding.help(format!("it must be {}", flaw.expected));
            }
            if let Some(meant) = flaw.meant.as_ref().filter(|meant| !is_other(subject, &flaw.key, &meant.text)) {
                if !flaw.expected.is_empty() {
                    finding.help(format!("did you mean {}? It must be {}", meant.text, flaw.expected));
                }
                finding.mend(vec![Edit::new(flaw.span, &*meant.text)], format!("Write {}", meant.text), meant.is_safe);
            }
        }
    }
}

/// Whether the newest release's name for what is meant, as JSON, is another function to the release.
fn is_other(subject: &Subject<'_>, key: &str, text: &str) -> bool {
    key == "non_linearity" && is_approximate(text.trim_matches('"'), subject.release)
}
