use super::super::facts::structure::{FlawKind, flaws};
use crate::dialects::adapterhub::Subject;
use crate::document::Edit;
use crate::findings::{Report, rule};

rule! {
    /// A flag of a head, a fusion or a composition that is neither true nor false.
    ///
    /// ## Why is this bad
    /// The adapters library tests the truth of the value: any text but an empty one counts as true, also `"false"`. A head is
    /// built with the bias that the file says it lacks, and other tools refuse the file.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"head_type": "classification", "num_labels": 2, "bias": "false"}}
    /// ```
    ///
    /// ## Fix safety
    /// What the library takes for the same becomes true or false, which is safe. Where it takes the value for something other than
    /// it seems to say, such as `"false"`, the fix is only suggested.
    FileFlagLoose, Warning
}

impl FileFlagLoose {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for flaw in flaws(subject, FlawKind::Loose) {
            let finding = report.add(Self::INFO, &flaw.pointer, flaw.span, &flaw.message);
            finding.help("it must be true or false");
            if let Some(meant) = &flaw.meant {
                let edit = Edit::new(flaw.span, &*meant.text);
                finding.mend(vec![edit], format!("Write `{}`", meant.text), meant.is_safe);
            }
        }
    }
}
