use crate::dialects::adapterhub::hub::CardSubject;
use crate::findings::{Report, rule};

rule! {
    /// A checksum is empty.
    ///
    /// ## Why is this bad
    /// The Hub's schema is content, for the key is there; the library then downloads the archive and verifies nothing.
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
    /// There is none: the checksum is that of the archive.
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
                    finding.help(format!("`{key}sum` prints it"));
                }
            }
        }
    }
}
