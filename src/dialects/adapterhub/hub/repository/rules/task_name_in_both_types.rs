use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::repository::InRepository;
use crate::findings::{Report, rule};

rule! {
    /// A model has adapters of both types under the same task name.
    ///
    /// ## Why is this bad
    /// The Hub's second index has one file for each model, with one entry for each task name: one of `text_task` and
    /// `text_lang` replaces the other, whose adapters can then no longer be found.
    ///
    /// ## Example
    /// ```yaml
    /// # beside a card with `type: text_task`, the same model and the same task
    /// type: text_lang
    /// task: nli
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: one of the tasks needs another name.
    TaskNameInBothTypes, Warning
}

impl TaskNameInBothTypes {
    pub(super) fn check(subject: &InRepository<'_>, report: &mut Report) {
        let Some((task, node)) = subject.own(FileKind::HubAdapter, "task") else { return };
        let (Some(model), Some(kind)) = (subject.place.text("model_name"), subject.place.text("type")) else { return };
        let Some(types) = subject.repository.task_types.get(&(model, task)) else { return };
        if let Some((other, at)) = types.iter().find(|(other, _)| **other != kind) {
            let path = subject.repository.path(*at);
            let message = format!("`{path}` has the task `{task}` as `{other}`; the index keeps only one of the two");
            report.add(Self::INFO, "/task", node.span, message);
        }
    }
}
