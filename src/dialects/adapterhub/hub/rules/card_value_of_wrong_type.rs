use super::soften;
use super::unquoted_card_text::is_unquoted_text;
use crate::dialects::adapterhub::hub::CardSubject;
use crate::dialects::adapterhub::hub::structure::Flaw;
use crate::findings::{Report, rule};

rule! {
    /// A value does not have the type that the Hub's schema requires.
    ///
    /// ## Why is this bad
    /// The Hub's `check_format.py` refuses the card.
    ///
    /// ## Example
    /// ```yaml
    /// author:
    ///   - Ada Example
    ///   - Grace Example
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows what was meant.
    CardValueOfWrongType, Error
}

impl CardValueOfWrongType {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        for violation in &subject.violations {
            let Flaw::WrongType(wanted) = &violation.flaw else { continue };
            if is_unquoted_text(subject, violation) {
                continue;
            }
            let found = match subject.at(&violation.pointer).map(|node| node.to_value()) {
                _ if subject.foreign_type(violation.span).is_some() => "something for which JSON has no type",
                Some(value) => value.type_name(),
                None => "nothing",
            };
            let message = format!("this is {}, but the Hub requires {}", with_article(found), with_article(wanted));
            let finding = report.add(Self::INFO, &violation.pointer, violation.span, message);
            soften(subject, finding);
            if found == "null" {
                finding.help("write a value, or omit the key if it is optional");
            }
        }
    }
}

/// A type of JSON in a sentence.
fn with_article(name: &str) -> String {
    match name {
        "array" => "a list".to_owned(),
        "object" => "a mapping".to_owned(),
        "string" => "a string".to_owned(),
        "boolean" => "true or false".to_owned(),
        "integer" => "an integer".to_owned(),
        "number" => "a number".to_owned(),
        other => other.to_owned(),
    }
}
