use crate::document::Span;
use crate::findings::{Report, rule};
use crate::settings::SettingsFile;

rule! {
    /// A suppression in `adapter-lint.toml` fits no finding.
    ///
    /// It is told when a file was judged that its `path` fits, or when all of the folder that the settings are in was.
    ///
    /// ## Why is this bad
    /// What it was for has been mended, or it never fitted: a path or a pointer is misspelt, and the finding it is meant
    /// for is reported all the same. Left where it is, it hides the same flaw when it comes back.
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
    /// Taking it out is safe.
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
                .help("take the entry out, or see whether `path`, `pointer` and `code` say what is meant");
        }
    }
}
