use crate::dialects::adapterhub::hub::CardSubject;
use crate::findings::{Report, rule};

rule! {
    /// A checksum is empty.
    ///
    /// ## Why is this bad
    /// The Hub's schema accepts this, since the key is there, but the adapters library then downloads the archive
    /// without verifying it.
    ///
    /// ## Example
    /// ```yaml
    /// files:
    ///   - version: '1'
    ///     url: https://example.org/adapter.zip
    ///     sha1: ''
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the checksum must be computed from the archive.
    EmptyChecksum, Warning
}

impl EmptyChecksum {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        for (pointer, file) in subject.files() {
            for key in ["sha1", "sha256"] {
                if let Some(node) = file.get(key)
                    && node.as_str() == Some("")
                {
                    let message = format!("`{key}` is empty, so nothing is verified");
                    let finding = report.add(Self::INFO, format!("{pointer}/{key}"), node.span, message);
                    finding.help(format!("`{key}sum` prints the checksum"));
                }
            }
        }
    }
}
