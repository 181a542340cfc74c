use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::CardSubject;
use crate::findings::{Report, Severity, rule};

rule! {
    /// A `url` is not a web address.
    ///
    /// ## Why is this bad
    /// The Hub's schema gives the format as `uri`, but nothing checks it. If a download's address is not valid, it
    /// cannot be downloaded; if a page's is not, the link on the website leads nowhere. An empty `url` of a page is
    /// only a note: omit the key instead.
    ///
    /// ## Example
    /// ```yaml
    /// url: TODO
    /// ```
    ///
    /// ## Fix safety
    /// The fix removes blanks around an address.
    MalformedUrl, Warning
}

impl MalformedUrl {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        let has_page = matches!(subject.kind, FileKind::HubAdapter | FileKind::HubSubtask);
        let page = has_page.then(|| "/url".to_owned());
        for pointer in page.into_iter().chain(subject.files().map(|(pointer, _)| format!("{pointer}/url"))) {
            let Some(node) = subject.at(&pointer) else { continue };
            let Some(written) = node.as_str().filter(|text| !is_uri(text)) else { continue };
            let is_page = pointer == "/url";
            let message = match written {
                "" => "the address is empty".to_owned(),
                _ => format!("`{written}` is not a valid address"),
            };
            let finding = report.add(Self::INFO, pointer, node.span, message);
            if is_page && written.is_empty() {
                finding.severity = Severity::Note;
                finding.help("omit the key if there is no page");
            } else if is_uri(written.trim()) {
                finding.replace(node.span, format!("'{}'", written.trim()), "Remove the blanks");
            } else if written.trim().contains(' ') && is_uri(&written.trim().replace(' ', "%20")) {
                finding.help("write spaces as `%20`");
            } else {
                finding.help("write it in full, such as `https://example.org/adapter.zip`");
            }
        }
    }
}

/// A scheme, a colon, and something behind it, with no character that a URI must escape.
fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let scheme_is_one = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    let escapes = rest.split('%').skip(1);
    scheme_is_one
        && !rest.trim_matches('/').is_empty()
        && rest.bytes().all(|byte| byte.is_ascii_graphic() && !b"<>\"{}|\\^`".contains(&byte))
        && escapes.into_iter().all(|part| part.len() >= 2 && part.bytes().take(2).all(|byte| byte.is_ascii_hexdigit()))
}
