use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::repository::InRepository;
use crate::findings::{Report, rule};

rule! {
    /// Two cards describe the same task or subtask.
    ///
    /// ## Why is this bad
    /// The Hub's scripts do not check this; the website shows one of the two, and nobody can tell which.
    ///
    /// ## Example
    /// ```yaml
    /// # tasks/text_task/qa.yaml and tasks/text_task/question_answering.yaml
    /// task: qa
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: remove one of the two.
    RepeatedTaskCard, Warning
}

impl RepeatedTaskCard {
    pub(super) fn check(subject: &InRepository<'_>, report: &mut Report) {
        let repository = subject.repository;
        let Some(folder) = subject.place.folder() else { return };
        let (key, node, same) = if let Some((task, node)) = subject.own(FileKind::HubTask, "task") {
            ("/task", node, repository.tasks.get(&(folder, task)))
        } else if let Some((subtask, node)) = subject.own(FileKind::HubSubtask, "subtask") {
            let Some(task) = subject.place.text("task") else { return };
            ("/subtask", node, repository.subtasks.get(&(folder, task, subtask)))
        } else {
            return;
        };
        if let Some(first) = subject.earlier(same) {
            report.add(Self::INFO, key, node.span, format!("`{}` describes the same", repository.path(first)));
        }
    }
}
