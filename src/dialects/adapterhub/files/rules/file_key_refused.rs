use super::super::facts::structure::{FlawKind, flaws, guilty_member};
use crate::dialects::adapterhub::Subject;
use crate::document::Edit;
use crate::findings::{Report, rule, same_letters};

rule! {
    /// A key that the library's constructor does not accept.
    ///
    /// ## Why is this bad
    /// The adapters library passes the object's keys to a constructor, and Python raises a `TypeError` for a key that
    /// is not one of its parameters. This holds for heads, interfaces and the arguments of composition blocks.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"head_type": "tagging", "use_pooler": false}}
    /// ```
    ///
    /// ## Fix safety
    /// Correcting a key that is right except for capitals and separators is safe, and so is removing a key without a
    /// value. Renaming it to one that is merely similar, or removing a key that holds something, is only suggested.
    FileKeyRefused, Error
}

impl FileKeyRefused {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for flaw in flaws(subject, FlawKind::Refused) {
            let finding = report.add(Self::INFO, &flaw.pointer, flaw.span, &flaw.message);
            let member = guilty_member(subject, &flaw);
            if let Some(name) = flaw.suggestion {
                finding.help(format!("did you mean `{name}`?"));
                let edit = Edit::new(flaw.span, format!("\"{name}\""));
                let is_same = member.is_some_and(|member| same_letters(&member.key, [name]).is_some());
                finding.mend(vec![edit], format!("Rename the key to `{name}`"), is_same);
            } else {
                finding.help("remove the key");
                finding.remove_key(subject.document, member.is_some_and(|member| member.node.is_nothing()));
            }
            if let Some(span) = flaw.chosen_by {
                finding.also(span, "this decides which keys are accepted");
            }
        }
    }
}
