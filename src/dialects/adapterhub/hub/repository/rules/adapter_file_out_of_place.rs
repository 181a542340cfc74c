use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::{opening, repository::InRepository};
use crate::findings::{Report, Severity, rule};

rule! {
    /// An adapter's card does not lie in `adapters/<organisation>`.
    ///
    /// ## Why is this bad
    /// A card right in `adapters` is never read (a warning): the adapter is not in the index, and nobody is told. A
    /// folder within an organisation's folder stops the Hub's `generate.py` with an `IsADirectoryError`.
    ///
    /// ## Example
    /// ```yaml
    /// # adapters/card.yaml
    /// type: text_task
    /// ```
    ///
    /// ## Fix safety
    /// There is none: the file can be moved.
    AdapterFileOutOfPlace, Error
}

impl AdapterFileOutOfPlace {
    pub(super) fn check(subject: &InRepository<'_>, report: &mut Report) {
        let place = subject.place;
        if place.kind != FileKind::HubAdapter || place.folders.len() == 1 {
            return;
        }
        if place.folders.is_empty() {
            let message = "a card right in `adapters` is never read";
            let finding = report.add(Self::INFO, "", opening(place.root), message);
            finding.severity = Severity::Warning;
            finding.help("move it to the folder of its organisation");
        } else {
            let message = format!("a folder in `adapters/{}` stops the Hub's build", place.folders[0]);
            let finding = report.add(Self::INFO, "", opening(place.root), message);
            finding.help(format!("move it to `adapters/{}`", place.folders[0]));
        }
    }
}
