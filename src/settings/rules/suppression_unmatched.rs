use crate::document::Span;
use crate::findings::{Report, rule};
use crate::settings::SettingsFile;

rule! {
    /// A suppression in `adapter-lint.toml` matches no finding.
    ///
    /// It is reported when a file that matches its `path` was checked, or when the whole folder that contains the
    /// settings was.
    ///
    /// ## Why is this bad
    /// Either the finding it was for has been fixed, or it never matched: a path or a pointer is misspelt, and the
    /// finding that it is meant for is reported all the same. Left in place, it hides the same flaw if it comes back.
    ///
    /// ## Example
    /// ```toml
    /// [[suppress]]
    /// code = "AL204"
    /// path = "adapter_confg.json"
    /// reason = "published so"
    /// ```
    ///
    /// ## Fix safety
    /// Removing the suppression is safe.
    SuppressionUnmatched, Warning
}

impl SuppressionUnmatched {
    pub(super) fn check((file, whole): (&SettingsFile, bool), report: &mut Report) {
        for number in file.unmatched(whole) {
            let Some(suppression) = file.settings.suppress.get(number) else { continue };
            let suppression = suppression.get_ref();
            let span = suppression.path.as_ref().unwrap_or(&suppression.code).span();
            let message = format!("there is no finding of {} to suppress here", suppression.code.get_ref());
            report
                .add(Self::INFO, format!("/suppress/{number}"), Span::new(span.start, span.end), message)
                .help("remove the entry, or check whether `path`, `pointer` and `code` say what is meant");
        }
    }
}
