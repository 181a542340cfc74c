use gen_lsp_types::{
    Code, CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location,
    Message, Range,
};

use super::client::Client;
use super::file::File;
use super::settings::Settings;
use crate::lint::{Finding, Severity};

/// Rules that find what could as well not be there.
const UNNECESSARY: [&str; 9] = [
    "attribute-shadowed",
    "class-attribute-ignored",
    "config-map-entry-unused",
    "file-key-ignored",
    "fusion-key-unused",
    "head-key-unused",
    "key-without-effect",
    "single-child-ignored",
    "unknown-key",
];

/// Rules that find what is deprecated.
const DEPRECATED: [&str; 2] = ["deprecated-key", "fusion-listed-in-old-place"];

/// A finding as the client shows it.
pub(super) fn of_finding(finding: &Finding, file: &File, client: &Client, settings: &Settings) -> Diagnostic {
    let related = finding.related.iter().map(|related| DiagnosticRelatedInformation {
        location: Location { uri: file.uri.as_str().into(), range: file.range(related.span) },
        message: related.label.clone(),
    });
    let related: Vec<_> = related.filter(|_| client.related_information).collect();
    Diagnostic {
        range: file.range(finding.span),
        related_information: (!related.is_empty()).then_some(related),
        ..without_text(finding, client, settings)
    }
}

/// A finding of a file that has no text, at its first place.
pub(super) fn without_text(finding: &Finding, client: &Client, settings: &Settings) -> Diagnostic {
    let help = finding.help.as_deref().map(|help| format!("\nhelp: {help}")).unwrap_or_default();
    let page = settings.page_of(finding.rule).filter(|_| client.code_descriptions);
    Diagnostic {
        range: Range::default(),
        severity: Some(match finding.severity {
            Severity::Error => DiagnosticSeverity::Error,
            Severity::Warning => DiagnosticSeverity::Warning,
            Severity::Note => DiagnosticSeverity::Information,
        }),
        code: Some(Code::String(finding.rule.code.to_owned())),
        code_description: page.map(|page| CodeDescription { href: page.into() }),
        source: Some("adapter-lint".to_owned()),
        message: Message::String(format!("{}{help}", finding.message)),
        tags: tag(finding).filter(|_| client.tags).map(|tag| vec![tag]),
        related_information: None,
        data: None,
    }
}

fn tag(finding: &Finding) -> Option<DiagnosticTag> {
    let name = finding.rule.name();
    if UNNECESSARY.contains(&name.as_str()) {
        Some(DiagnosticTag::Unnecessary)
    } else if DEPRECATED.contains(&name.as_str()) {
        Some(DiagnosticTag::Deprecated)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn every_tagged_rule_is_there() {
        for name in super::UNNECESSARY.iter().chain(&super::DEPRECATED) {
            assert!(crate::lint::find_rule(name).is_some(), "there is no rule {name}");
        }
    }
}
