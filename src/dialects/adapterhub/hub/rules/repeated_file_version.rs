use crate::dialects::adapterhub::hub::CardSubject;
use crate::findings::{Report, rule};

rule! {
    /// Two files of one adapter have the same version.
    ///
    /// ## Why is this bad
    /// The Hub's index silently keeps the last of them and drops the others.
    ///
    /// ## Example
    /// ```yaml
    /// files:
    ///   - {version: '1', url: https://example.org/a.zip, sha1: fe05bcdcdc4928012781a5f1a2a77cbb5398e106}
    ///   - {version: '1', url: https://example.org/b.zip, sha1: ad782ecdac770fc6eb9a62e44f90873fb97fb26b}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows the right version.
    RepeatedFileVersion, Warning
}

impl RepeatedFileVersion {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        let mut seen = std::collections::BTreeMap::new();
        for (pointer, file) in subject.files() {
            let Some(node) = file.get("version") else { continue };
            let Some(version) = node.as_str() else { continue };
            if let Some(first) = seen.insert(version, node.span) {
                let message = format!("the version `{version}` is repeated here; the index keeps only the last one");
                let finding = report.add(Self::INFO, format!("{pointer}/version"), node.span, message);
                finding.also(first, "it is given here too");
            }
        }
    }
}
