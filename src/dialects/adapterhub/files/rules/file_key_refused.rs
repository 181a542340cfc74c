use super::super::facts::structure::{FlawKind, flaws};
use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A key that the constructor in the library does not take.
    ///
    /// ## Why is this bad
    /// The library hands the object's keys to a constructor, and Python raises a `TypeError` for a name that it does not have.
    /// This holds for heads, interfaces and the arguments of composition blocks.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"head_type": "tagging", "use_pooler": false}}
    /// ```
    ///
    /// ## Fix safety
    /// Renaming the key to the nearest known one changes what the library does, so it is only suggested.
    FileKeyRefused, Error
}

impl FileKeyRefused {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for flaw in flaws(subject, FlawKind::Refused) {
            let finding = report.add(Self::INFO, flaw.pointer, flaw.span, flaw.message);
            if let Some(name) = flaw.suggestion {
                finding.help(format!("did you mean `{name}`?"));
                finding.suggest(flaw.span, format!("\"{name}\""), format!("Rename the key to `{name}`"));
            } else {
                finding.help("remove the key");
            }
            if let Some(span) = flaw.chosen_by {
                finding.also(span, "this decides which keys there are");
            }
        }
    }
}
