use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::CardSubject;
use crate::findings::{Report, rule};

rule! {
    /// A name by which cards refer to each other starts or ends with a blank, or is nothing but blanks.
    ///
    /// ## Why is this bad
    /// Names must match exactly: no card describes a task `'sentiment '`, and whoever asks the adapters library for
    /// `sentiment` does not find the adapter.
    ///
    /// ## Example
    /// ```yaml
    /// task: 'sentiment '
    /// ```
    ///
    /// ## Fix safety
    /// Removing the blanks changes the name, so it is only suggested.
    PaddedCardId, Warning
}

/// The names in each kind of card.
fn ids(kind: FileKind) -> &'static [&'static str] {
    match kind {
        FileKind::HubAdapter => {
            &["/type", "/task", "/subtask", "/model_type", "/model_name", "/config/using", "/default_version"]
        }
        FileKind::HubArchitecture => &["/name"],
        FileKind::HubTask => &["/task"],
        FileKind::HubSubtask => &["/task", "/subtask"],
        FileKind::HubType => &["/id"],
        _ => &[],
    }
}

impl PaddedCardId {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        let versions = subject.files().map(|(pointer, _)| format!("{pointer}/version"));
        for pointer in ids(subject.kind).iter().map(|id| (*id).to_owned()).chain(versions) {
            let Some(node) = subject.at(&pointer) else { continue };
            let Some(written) = node.as_str().filter(|text| text.trim() != *text) else { continue };
            let trimmed = written.trim();
            if trimmed.is_empty() {
                report.add(Self::INFO, pointer, node.span, "this name consists only of blanks");
            } else {
                let message = format!("the name `{trimmed}` has blanks around it");
                let quoted = format!("'{}'", trimmed.replace('\'', "''"));
                report.add(Self::INFO, pointer, node.span, message).suggest(node.span, quoted, "Remove the blanks");
            }
        }
    }
}
