use crate::document::Span;
use crate::findings::{Report, rule};
use crate::settings::SettingsFile;

rule! {
    /// A `[[paths]]` entry in `adapter-lint.toml` matches no file that was checked with these settings.
    ///
    /// It is reported when the whole folder that contains the settings was checked.
    ///
    /// ## Why is this bad
    /// The pattern is misspelt, or the files have moved: what the entry says of severities, base model and release
    /// applies to none of them.
    ///
    /// ## Example
    /// ```toml
    /// [[paths]]
    /// path = "adaptors/"
    /// model = "bert-base-uncased"
    /// ```
    ///
    /// ## Fix safety
    /// There is no automatic fix.
    PathsUnmatched, Warning
}

impl PathsUnmatched {
    pub(super) fn check((file, whole): (&SettingsFile, bool), report: &mut Report) {
        let entries = file.settings.paths.iter().enumerate();
        for (number, entry) in entries.filter(|(number, _)| whole && !file.has_met(*number)) {
            let span = entry.path.span();
            let message = format!("no file that was checked with these settings matches `{}`", entry.path.get_ref());
            report
                .add(Self::INFO, format!("/paths/{number}/path"), Span::new(span.start, span.end), message)
                .help("patterns start from the folder of this file: `*` stays in a folder, `**` goes through all, and a folder ends in `/`");
        }
    }
}
