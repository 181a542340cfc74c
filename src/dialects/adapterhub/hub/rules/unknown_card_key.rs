use super::soften;
use crate::dialects::adapterhub::hub::CardSubject;
use crate::dialects::adapterhub::hub::structure::Flaw;
use crate::document::pointer;
use crate::findings::{Report, nearest, rule};

rule! {
    /// A card has a key that the Hub's schema does not know.
    ///
    /// ## Why is this bad
    /// The Hub's `check_format.py` refuses the card. Under `config`, only `non_linearity` and `reduction_factor` may
    /// override the architecture: any other difference needs an architecture of its own.
    ///
    /// ## Example
    /// ```yaml
    /// config:
    ///   using: pfeiffer
    ///   mh_adapter: true
    /// ```
    ///
    /// ## Fix safety
    /// Renaming to the most similar key is only suggested: the key may mean something else, and its value is then
    /// checked as that key's.
    UnknownCardKey, Error
}

impl UnknownCardKey {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        for violation in &subject.violations {
            let Flaw::Unknown { key, known } = &violation.flaw else { continue };
            let finding = report.add(
                Self::INFO,
                &violation.pointer,
                violation.span,
                format!("the Hub's schema has no key `{key}`"),
            );
            soften(subject, finding);
            let parent = violation.pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
            let is_free = |candidate: &&str| subject.at(&pointer::push(parent, candidate)).is_none();
            match nearest(key, known.iter().map(String::as_str).filter(is_free)) {
                Some(meant) => {
                    finding.help(format!("did you mean `{meant}`?"));
                    finding.suggest(violation.span, meant, format!("Rename to `{meant}`"));
                }
                None if violation.pointer.starts_with("/config/") => {
                    finding.help("only `non_linearity` and `reduction_factor` can override an architecture's keys");
                }
                None => {
                    finding.help(format!("the keys are {}", known.join(", ")));
                }
            }
        }
    }
}
