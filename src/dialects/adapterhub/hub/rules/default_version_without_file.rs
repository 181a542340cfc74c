use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::CardSubject;
use crate::findings::{Report, nearest, rule};

rule! {
    /// No file has the version in `default_version`.
    ///
    /// ## Why is this bad
    /// The Hub's `generate.py` stops with `ValueError: Specified default_version is not in files.` and builds nothing.
    ///
    /// ## Example
    /// ```yaml
    /// default_version: '2'
    /// files:
    ///   - version: '1'
    ///     url: https://example.org/adapter.zip
    ///     sha1: fe05bcdcdc4928012781a5f1a2a77cbb5398e106
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows which version is meant.
    DefaultVersionWithoutFile, Error
}

impl DefaultVersionWithoutFile {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        if subject.kind != FileKind::HubAdapter {
            return;
        }
        let Some(node) = subject.at("/default_version") else { return };
        let versions = subject.files().map(|(_, file)| file.get("version")?.as_str()).collect::<Option<Vec<_>>>();
        // Where a version is no text, that is what is reported.
        let (Some(default), Some(versions)) = (node.as_str(), versions) else { return };
        let is_date = subject.foreign_type(node.span).is_some();
        if versions.is_empty() || versions.contains(&default) || is_date {
            return;
        }
        let message = format!("no file has the version `{default}`");
        let finding = report.add(Self::INFO, "/default_version", node.span, message);
        match nearest(default, versions.iter().copied()) {
            Some(meant) if !default.is_empty() => finding.help(format!("did you mean `{meant}`?")),
            _ => finding.help(format!("the versions are {}", versions.join(", "))),
        };
    }
}
