use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::repository::InRepository;
use crate::dialects::adapterhub::hub::structure::opening;
use crate::findings::{Report, Severity, rule};

rule! {
    /// An adapter's card is not in `adapters/<organisation>`.
    ///
    /// ## Why is this bad
    /// A card directly in `adapters` is never read (a warning): the adapter is silently missing from the index. A
    /// folder within an organisation's folder stops the Hub's `generate.py` with an `IsADirectoryError`.
    ///
    /// ## Example
    /// ```yaml
    /// # adapters/card.yaml
    /// type: text_task
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: move the file.
    AdapterFileOutOfPlace, Error
}

impl AdapterFileOutOfPlace {
    pub(super) fn check(subject: &InRepository<'_>, report: &mut Report) {
        let place = subject.place;
        if place.kind != FileKind::HubAdapter || place.folders.len() == 1 {
            return;
        }
        if place.folders.is_empty() {
            let message = "a card directly in `adapters` is never read";
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
