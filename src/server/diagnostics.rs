use gen_lsp_types::{
    Code, CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag, Location,
    Message, Range,
};

use super::client::Client;
use super::file::File;
use super::settings::Settings;
use crate::findings::Tag;
use crate::lint::{Finding, Severity};

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

/// Why a file could not be judged.
#[cfg(feature = "oracle")]
pub(super) fn of_failure(why: &str) -> Diagnostic {
    Diagnostic {
        range: Range::default(),
        severity: Some(DiagnosticSeverity::Error),
        code: None,
        code_description: None,
        source: Some("adapter-lint".to_owned()),
        message: Message::String(why.to_owned()),
        tags: None,
        related_information: None,
        data: None,
    }
}

fn tag(finding: &Finding) -> Option<DiagnosticTag> {
    match finding.rule.tag? {
        Tag::Unnecessary => Some(DiagnosticTag::Unnecessary),
        Tag::Deprecated => Some(DiagnosticTag::Deprecated),
        Tag::OtherMeaning => None,
    }
}
