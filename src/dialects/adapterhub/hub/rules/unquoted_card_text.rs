use super::soften;
use crate::dialects::adapterhub::hub::CardSubject;
use crate::dialects::adapterhub::hub::structure::{Flaw, Violation};
use crate::document::Kind;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// A string has no quotes, and YAML reads it as a number, a boolean or a date.
    ///
    /// ## Why is this bad
    /// The Hub's `check_format.py` refuses the card: `1.0` is a number, `no` is false, `2020-07-15` is a date, `1:30`
    /// is 90, a checksum consisting only of digits is an integer. The version `1.0` would not be found among versions
    /// written as `'1.0'`.
    ///
    /// ## Example
    /// ```yaml
    /// default_version: 1.0
    /// ```
    ///
    /// ## Fix safety
    /// The fix puts quotes around the value as written.
    UnquotedCardText, Error
}

impl UnquotedCardText {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        for violation in &subject.violations {
            if !is_unquoted_text(subject, violation) {
                continue;
            }
            let written = subject.document.source.slice(violation.span);
            let read = match subject.at(&violation.pointer).map(|node| node.to_value()) {
                _ if subject.foreign_type(violation.span).is_some() => "a date",
                Some(Value::Bool(true)) => "true",
                Some(Value::Bool(false)) => "false",
                _ => "a number",
            };
            let message = format!("YAML reads `{written}` as {read}, but the Hub requires a string");
            let finding = report.add(Self::INFO, &violation.pointer, violation.span, message);
            soften(subject, finding);
            if is_plain(written) {
                finding.replace(violation.span, format!("\"{written}\""), "Put quotes around it");
            } else {
                finding.help("put quotes around it where it is defined");
            }
        }
    }
}

/// Whether text is wanted, and what stands there would be text if it had quotes.
pub(super) fn is_unquoted_text(subject: &CardSubject<'_>, violation: &Violation) -> bool {
    let Flaw::WrongType(wanted) = &violation.flaw else { return false };
    let leaf = match subject.at(&violation.pointer).map(|node| &node.kind) {
        Some(Kind::Leaf(value)) => value,
        _ => return false,
    };
    let is_date = subject.foreign_type(violation.span).is_some_and(|kind| kind.contains("date"));
    wanted == "string" && (is_date || matches!(leaf, Value::Bool(_) | Value::Int(_) | Value::Float(_)))
}

/// Whether the scalar is written out right here, without tag or alias.
fn is_plain(written: &str) -> bool {
    written.starts_with(|c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_'))
}
