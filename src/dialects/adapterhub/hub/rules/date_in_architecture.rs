use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::CardSubject;
use crate::document::{Node, pointer};
use crate::findings::{Report, rule};

rule! {
    /// YAML reads a value in an architecture's config as a date.
    ///
    /// ## Why is this bad
    /// The Hub writes the config as JSON to compute its id. JSON has no dates, so `generate.py` stops with a
    /// `TypeError`. The same holds for bytes and Python objects.
    ///
    /// ## Example
    /// ```yaml
    /// # architectures/upper-only.yaml
    /// config:
    ///   reduction_factor: 16
    ///   released: 2021-04-08
    /// ```
    ///
    /// ## Fix safety
    /// The fix puts quotes around the value as written.
    DateInArchitecture, Error
}

impl DateInArchitecture {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        if subject.kind != FileKind::HubArchitecture {
            return;
        }
        for key in ["/config", "/config_v1"] {
            if let Some(config) = subject.at(key).filter(|node| node.is_map()) {
                visit(subject, config, key, report);
            }
        }
    }
}

fn visit(subject: &CardSubject<'_>, node: &Node, at: &str, report: &mut Report) {
    if let Some(kind) = subject.foreign_type(node.span) {
        let finding = report.add(DateInArchitecture::INFO, at, node.span, format!("{kind}, which JSON does not have"));
        let written = subject.document.source.slice(node.span);
        if written.starts_with(|c: char| c.is_ascii_digit()) {
            finding.replace(node.span, format!("\"{written}\""), "Put quotes around it");
        }
    }
    for (index, item) in node.items().iter().enumerate() {
        visit(subject, item, &pointer::push(at, index), report);
    }
    for member in node.members() {
        visit(subject, &member.node, &pointer::push(at, &member.key), report);
    }
}
