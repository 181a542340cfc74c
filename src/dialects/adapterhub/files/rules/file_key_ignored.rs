use super::super::facts::structure::{FlawKind, flaws, guilty_member};
use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A key that the library does not read.
    ///
    /// ## Why is this bad
    /// It has no effect. If it is misspelt, the key that was meant is missing. Whole files may contain the author's
    /// notes; the rule can be allowed for those.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_setup": {"type": "Stack", "childs": []}}
    /// ```
    ///
    /// ## Fix safety
    /// Renaming the key to the most similar known one changes what the adapters library does, so it is only suggested.
    /// A key that resembles no known key and has no value is removed; one with a value, such as an author's note,
    /// stays.
    FileKeyIgnored, Warning, Unnecessary
}

impl FileKeyIgnored {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for flaw in flaws(subject, FlawKind::Ignored) {
            let finding = report.add(Self::INFO, &flaw.pointer, flaw.span, &flaw.message);
            if let Some(name) = flaw.suggestion {
                finding.help(format!("did you mean `{name}`?"));
                finding.suggest(flaw.span, format!("\"{name}\""), format!("Rename the key to `{name}`"));
            } else if guilty_member(subject, &flaw).is_some_and(|member| member.node.is_nothing()) {
                finding.remove_key(subject.document, true);
            }
        }
    }
}
