use crate::dialects::adapterhub::hub::repository::InRepository;
use crate::findings::{Report, rule};

rule! {
    /// An organisation has two adapters for the same model, task and subtask with the same config.
    ///
    /// ## Why is this bad
    /// The Hub's `generate.py` stops with `ValueError: Duplicate adapter entry` and builds nothing. Configs are
    /// compared after the architecture's values have been filled in, so spelling those out makes no difference.
    ///
    /// ## Example
    /// ```yaml
    /// # adapters/example-org/a.yaml and adapters/example-org/b.yaml
    /// task: nli
    /// subtask: multinli
    /// model_name: bert-base-uncased
    /// config:
    ///   using: pfeiffer
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: a second training belongs in the same card as another version.
    RepeatedAdapterEntry, Error
}

impl RepeatedAdapterEntry {
    pub(super) fn check(subject: &InRepository<'_>, report: &mut Report) {
        let Some(first) = subject.repository.equal_adapters.get(&subject.at) else { return };
        let root = subject.place.root;
        let message = format!(
            "`{}` is for the same model, task and subtask with the same config",
            subject.repository.path(*first)
        );
        let span = root.get("subtask").map_or(root.span, |node| node.span);
        report
            .add(Self::INFO, "/subtask", span, message)
            .help("make it another version under `files` in the same card");
    }
}
