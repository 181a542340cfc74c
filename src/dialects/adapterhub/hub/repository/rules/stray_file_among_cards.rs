use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::repository::InRepository;
use crate::dialects::adapterhub::hub::structure::opening;
use crate::findings::{Report, rule};

rule! {
    /// There is a file among the adapters or architectures that is not a card.
    ///
    /// ## Why is this bad
    /// The Hub's `generate.py` reads every file in `architectures` and in an organisation's folder as a card, whatever
    /// its ending, and stops at the first that is not one.
    ///
    /// ## Example
    /// ```text
    /// adapters/example-org/README.md
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: move the file.
    StrayFileAmongCards, Error
}

impl StrayFileAmongCards {
    pub(super) fn check(subject: &InRepository<'_>, report: &mut Report) {
        let place = subject.place;
        let is_read = match place.kind {
            FileKind::HubAdapter => place.folders.len() == 1,
            FileKind::HubArchitecture => place.folders.is_empty(),
            _ => false,
        };
        if is_read && !place.file.starts_with('.') && place.stem() == place.file && !place.root.is_map() {
            let message = format!("`{}` is not a card, but the Hub reads it as one", place.file);
            report.add(Self::INFO, "", opening(place.root), message).help("move it out of this folder");
        }
    }
}
