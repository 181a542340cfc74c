use crate::dialects::adapterhub::hub::CardSubject;
use crate::findings::{Report, rule};

rule! {
    /// A checksum does not have the right form for its kind.
    ///
    /// ## Why is this bad
    /// A SHA-1 has 40 hexadecimal digits, a SHA-256 has 64. The Hub's schema accepts any string, but the adapters
    /// library compares it with the archive's checksum and stops with `Failed to verify checksum`, so the adapter
    /// cannot be loaded. (If there are two checksums, only one is compared, so a wrong one beside a right one may go
    /// unnoticed for a long time.)
    ///
    /// ## Example
    /// ```yaml
    /// files:
    ///   - version: '1'
    ///     url: https://example.org/adapter.zip
    ///     sha1: fe05bcdc
    /// ```
    ///
    /// ## Fix safety
    /// The fix removes blanks around the digits; anything else needs the archive.
    MalformedChecksum, Error
}

impl MalformedChecksum {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        for (pointer, file) in subject.files() {
            for (key, digits) in [("sha1", 40), ("sha256", 64)] {
                let Some(node) = file.get(key) else { continue };
                let Some(written) = node.as_str().filter(|text| !text.is_empty() && !is_hex(text, digits)) else {
                    continue;
                };
                if subject.foreign_type(node.span).is_some() {
                    continue;
                }
                let message = format!("`{key}` must be {digits} hexadecimal digits");
                let finding = report.add(Self::INFO, format!("{pointer}/{key}"), node.span, message);
                let other = if digits == 40 { ("sha256", 64) } else { ("sha1", 40) };
                if is_hex(written.trim(), digits) {
                    finding.replace(node.span, format!("\"{}\"", written.trim()), "Remove the blanks");
                } else if is_hex(written, other.1) {
                    finding.help(format!("it looks like a `{}`", other.0));
                } else {
                    finding.help(format!(
                        "it has {} characters; `{key}sum` prints the right one",
                        written.chars().count()
                    ));
                }
            }
        }
    }
}

fn is_hex(text: &str, digits: usize) -> bool {
    text.len() == digits && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
