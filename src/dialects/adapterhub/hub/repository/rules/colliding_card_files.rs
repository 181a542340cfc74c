use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::repository::InRepository;
use crate::dialects::adapterhub::hub::structure::opening;
use crate::findings::{Report, rule};

rule! {
    /// The files of two of an organisation's adapter cards differ only in their endings.
    ///
    /// ## Why is this bad
    /// The index has a single entry for both, under the name without the ending: that of the card that is read last.
    ///
    /// ## Example
    /// ```yaml
    /// # adapters/example-org/card.yaml and adapters/example-org/card.yml
    /// type: text_task
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: rename one of the two.
    CollidingCardFiles, Warning
}

impl CollidingCardFiles {
    pub(super) fn check(subject: &InRepository<'_>, report: &mut Report) {
        let place = subject.place;
        let Some(folder) = place.folder().filter(|_| place.kind == FileKind::HubAdapter) else { return };
        if let Some(first) = subject.earlier(subject.repository.adapters.get(&(folder, place.stem()))) {
            let message = format!("`{}` gets the same entry in the index", subject.repository.path(first));
            report.add(Self::INFO, "", opening(place.root), message).help("rename one of the two");
        }
    }
}
