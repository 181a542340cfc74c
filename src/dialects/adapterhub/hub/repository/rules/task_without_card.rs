use super::quoted;
use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub;
use crate::dialects::adapterhub::hub::repository::InRepository;
use crate::findings::{Report, nearest, rule};

rule! {
    /// An adapter or a subtask names a task that has no card.
    ///
    /// ## Why is this bad
    /// The Hub's scripts do not check this, so the adapter is listed under a task that the website does not know. A
    /// task belongs to a type: the card of a language must be in `tasks/text_lang`. What counts is the task in the
    /// card, not the file's name.
    ///
    /// ## Example
    /// ```yaml
    /// task: nil
    /// ```
    ///
    /// ## Fix safety
    /// A similar name is only suggested.
    TaskWithoutCard, Warning
}

impl TaskWithoutCard {
    pub(super) fn check(subject: &InRepository<'_>, report: &mut Report) {
        let place = subject.place;
        let repository = subject.repository;
        let kind_of_task = match place.kind {
            FileKind::HubAdapter => place.text("type"),
            FileKind::HubSubtask => place.folder(),
            _ => return,
        };
        let (Some(kind), Some((task, node))) = (kind_of_task, subject.own(place.kind, "task")) else { return };
        let is_given = repository.of(FileKind::HubTask).next().is_some() && hub::ADAPTER_TYPES.contains(&kind);
        if !is_given || task.is_empty() || repository.tasks.contains_key(&(kind, task)) {
            return;
        }
        let message = format!("there is no card for a task `{task}` in `tasks/{kind}`");
        let finding = report.add(Self::INFO, "/task", node.span, message);
        let of_kind = repository.tasks.keys().filter(|(other, _)| *other == kind).map(|(_, task)| *task);
        if let Some(((other, _), _)) = repository.tasks.iter().find(|((_, other), _)| *other == task) {
            finding.help(format!("there is one in `tasks/{other}`"));
        } else if let Some(meant) = nearest(task, of_kind) {
            finding.suggest(node.span, quoted(meant), format!("Write `{meant}`"));
        }
    }
}
