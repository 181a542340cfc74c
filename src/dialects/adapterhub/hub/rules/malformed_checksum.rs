use crate::dialects::adapterhub::hub::CardSubject;
use crate::findings::{Report, rule};

rule! {
    /// A checksum has not the form of its kind.
    ///
    /// ## Why is this bad
    /// A SHA-1 has 40 hexadecimal digits, a SHA-256 has 64. The Hub's schema takes any text; the library compares it
    /// with the archive's, stops with `Failed to verify checksum`, and the adapter cannot be loaded. (Of two
    /// checksums only one is compared, so a wrong one beside a right one may go unnoticed for long.)
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
    /// Blanks around the digits are taken away; anything else needs the archive.
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
                let message = format!("`{key}` has to be {digits} hexadecimal digits");
                let finding = report.add(Self::INFO, format!("{pointer}/{key}"), node.span, message);
                let other = if digits == 40 { ("sha256", 64) } else { ("sha1", 40) };
                if is_hex(written.trim(), digits) {
                    finding.replace(node.span, format!("\"{}\"", written.trim()), "Take the blanks away");
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
