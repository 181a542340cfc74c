use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::CardSubject;
use crate::findings::{Report, rule};

rule! {
    /// `email` is not a single e-mail address.
    ///
    /// ## Why is this bad
    /// The Hub's schema gives the format as `email`, but nothing checks it. The website makes a single link of it.
    ///
    /// ## Example
    /// ```yaml
    /// email: ada@example.org;grace@example.org
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows the address.
    MalformedEmail, Warning
}

impl MalformedEmail {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        if subject.kind != FileKind::HubAdapter {
            return;
        }
        let Some(node) = subject.at("/email") else { return };
        let Some(written) = node.as_str().filter(|text| !is_address(text)) else { return };
        let message = match written {
            "" => "the address is empty".to_owned(),
            _ if written.matches('@').count() > 1 => {
                "these are several addresses, but only one can be given".to_owned()
            }
            _ => format!("`{written}` is not an e-mail address"),
        };
        report.add(Self::INFO, "/email", node.span, message).help("give one address, or omit the key");
    }
}

fn is_address(text: &str) -> bool {
    let fits = |c: char| !c.is_whitespace() && !matches!(c, ',' | ';' | '<' | '>' | '@');
    text.split_once('@')
        .is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && name.chars().chain(host.chars()).all(fits))
}
