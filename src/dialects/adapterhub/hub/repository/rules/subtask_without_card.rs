use super::quoted;
use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub;
use crate::dialects::adapterhub::hub::repository::InRepository;
use crate::findings::{Report, nearest, rule};

rule! {
    /// An adapter names a subtask that has no card for its task.
    ///
    /// ## Why is this bad
    /// The Hub's scripts do not check this, so the adapter is listed under a subtask that the website does not know.
    /// What counts is the task and subtask in the subtask's card, not the name of its file.
    ///
    /// ## Example
    /// ```yaml
    /// task: nli
    /// subtask: multinly
    /// ```
    ///
    /// ## Fix safety
    /// A similar name is only suggested.
    SubtaskWithoutCard, Warning
}

impl SubtaskWithoutCard {
    pub(super) fn check(subject: &InRepository<'_>, report: &mut Report) {
        let place = subject.place;
        let repository = subject.repository;
        let Some((subtask, node)) = subject.own(FileKind::HubAdapter, "subtask") else { return };
        let (Some(kind), Some(task)) = (place.text("type"), place.text("task")) else { return };
        let is_given = repository.of(FileKind::HubSubtask).next().is_some() && hub::ADAPTER_TYPES.contains(&kind);
        // Without a card of the task, that is what is reported.
        let knows_tasks = repository.of(FileKind::HubTask).next().is_some();
        let is_orphan = knows_tasks && !repository.tasks.contains_key(&(kind, task));
        if !is_given || is_orphan || subtask.is_empty() || repository.subtasks.contains_key(&(kind, task, subtask)) {
            return;
        }
        let message = format!("there is no card for a subtask `{subtask}` of `{task}` in `subtasks/{kind}`");
        let finding = report.add(Self::INFO, "/subtask", node.span, message);
        let of_task = repository.subtasks.keys().filter(|(a, b, _)| *a == kind && *b == task).map(|(_, _, name)| *name);
        let other = repository.subtasks.keys().find(|(a, _, name)| *a == kind && *name == subtask);
        if let Some(meant) = nearest(subtask, of_task) {
            finding.suggest(node.span, quoted(meant), format!("Write `{meant}`"));
        } else if let Some((_, other, _)) = other {
            finding.help(format!("`{subtask}` is a subtask of `{other}`"));
        }
    }
}
