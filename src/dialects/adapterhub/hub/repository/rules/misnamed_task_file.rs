use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::repository::InRepository;
use crate::findings::{Report, rule};

rule! {
    /// The file of a task's, subtask's or adapter type's card is not named after it.
    ///
    /// ## Why is this bad
    /// Nothing breaks, since cards refer to each other by their contents. But people expect the card of the task `qa`
    /// in `qa.yaml`, and that of its subtask `squad1` in `qa_squad1.yaml`.
    ///
    /// ## Example
    /// ```yaml
    /// # tasks/text_task/question_answering.yaml
    /// task: qa
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: rename the file.
    MisnamedTaskFile, Note
}

impl MisnamedTaskFile {
    pub(super) fn check(subject: &InRepository<'_>, report: &mut Report) {
        let place = subject.place;
        let (key, stem) = match place.kind {
            FileKind::HubTask => ("task", place.text("task").map(str::to_owned)),
            FileKind::HubSubtask => {
                let names = place.text("task").zip(place.text("subtask"));
                ("subtask", names.map(|(task, subtask)| format!("{task}_{subtask}")))
            }
            FileKind::HubType => ("id", place.text("id").map(str::to_owned)),
            _ => return,
        };
        let (Some(stem), Some(node)) = (stem, place.root.get(key)) else { return };
        if stem.replace('/', "-") != place.stem().replace('/', "-") {
            let message = format!("this card is expected in `{stem}.yaml`, not in `{}`", place.file);
            report.add(Self::INFO, format!("/{key}"), node.span, message);
        }
    }
}
