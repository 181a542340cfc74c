use std::fmt;

use super::{Finding, RuleInfo, Severity};
use crate::findings::near;

/// Every rule, by code.
#[must_use]
pub fn rules() -> Vec<&'static RuleInfo> {
    let mut all: Vec<_> = super::rules::RULES.iter().chain(crate::dialects::rules()).copied().collect();
    #[cfg(feature = "settings")]
    all.extend(crate::settings::rules::RULES);
    all.sort_unstable_by_key(|rule| rule.code);
    all
}

/// The rule with this code or name, in any case.
#[must_use]
pub fn find_rule(code_or_name: &str) -> Option<&'static RuleInfo> {
    rules()
        .into_iter()
        .find(|rule| rule.code.eq_ignore_ascii_case(code_or_name) || rule.name() == code_or_name.to_ascii_lowercase())
}

/// Codes and names that look like this text.
#[must_use]
pub fn near_rules(text: &str) -> Vec<String> {
    let names = rules().into_iter().flat_map(|rule| [rule.code.to_owned(), rule.name()]);
    near(text, names)
}

/// A rule that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRule(pub String);

impl fmt::Display for UnknownRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match near_rules(&self.0).as_slice() {
            [] => write!(f, "there is no rule `{}`; `adapter-lint rules` lists them", self.0),
            near => write!(f, "there is no rule `{}`; did you mean {}?", self.0, near.join(", ")),
        }
    }
}

impl std::error::Error for UnknownRule {}

/// Which findings are wanted, and how severe they are.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    select: Vec<String>,
    ignore: Vec<String>,
    severities: Vec<(Subject, Option<Severity>)>,
}

/// Whose severity is set.
#[derive(Debug, Clone)]
enum Subject {
    /// One rule, by its code, or all whose codes begin so.
    Rules(String),
    /// All findings of a severity.
    Severity(Severity),
}

impl Levels {
    /// Wants only rules whose code starts with `prefix`, or that are named so.
    ///
    /// # Errors
    /// If no rule is meant by it.
    pub fn select(&mut self, prefix: &str) -> Result<(), UnknownRule> {
        self.select.push(known_prefix(prefix)?);
        Ok(())
    }

    /// Does not want rules whose code starts with `prefix`, or that are named so.
    ///
    /// # Errors
    /// If no rule is meant by it.
    pub fn ignore(&mut self, prefix: &str) -> Result<(), UnknownRule> {
        self.ignore.push(known_prefix(prefix)?);
        Ok(())
    }

    /// Gives a rule, or all whose codes begin with a prefix, another severity; `None` silences them. The names
    /// `warnings` and `notes` stand for all findings that have this severity otherwise. What is set for one rule goes
    /// before what is set for a prefix, and a long prefix before a short one; both go before what is set for a severity.
    /// Of two that say something of the same, the later counts.
    ///
    /// # Errors
    /// If no rule is meant by it.
    pub fn set(&mut self, rule: &str, severity: Option<Severity>) -> Result<(), UnknownRule> {
        let subject = match rule {
            "warnings" => Subject::Severity(Severity::Warning),
            "notes" => Subject::Severity(Severity::Note),
            _ => Subject::Rules(known_prefix(rule)?),
        };
        self.severities.push((subject, severity));
        Ok(())
    }

    /// Whether only some rules are wanted.
    #[must_use]
    pub fn selects_some(&self) -> bool {
        !self.select.is_empty()
    }

    /// Puts what others say after what is said here.
    pub fn append(&mut self, later: &Self) {
        self.select.extend_from_slice(&later.select);
        self.ignore.extend_from_slice(&later.ignore);
        self.severities.extend_from_slice(&later.severities);
    }

    /// The findings that are wanted, with their severities.
    #[must_use]
    pub fn apply(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        findings.retain_mut(|finding| {
            let level = self.level(finding);
            finding.severity = level.unwrap_or(finding.severity);
            level.is_some() && self.selects(finding.rule.code)
        });
        findings
    }

    /// Whether findings of a rule are reported, as far as the rule alone tells.
    #[must_use]
    pub fn reports(&self, rule: &RuleInfo) -> bool {
        self.selects(rule.code) && self.set_for(rule.code).is_none_or(|severity| severity.is_some())
    }

    /// Whether a finding is wanted.
    #[must_use]
    pub fn wants(&self, finding: &Finding) -> bool {
        self.level(finding).is_some() && self.selects(finding.rule.code)
    }

    /// The severity of a finding; `None` if it is silenced.
    fn level(&self, finding: &Finding) -> Option<Severity> {
        let is_of_all = |subject: &Subject| matches!(subject, Subject::Severity(all) if *all == finding.severity);
        let for_all = || self.severities.iter().rfind(|(subject, _)| is_of_all(subject)).map(|(_, severity)| *severity);
        self.set_for(finding.rule.code).or_else(for_all).unwrap_or(Some(finding.severity))
    }

    /// What is set for a rule, by its code or by a prefix of it.
    fn set_for(&self, code: &str) -> Option<Option<Severity>> {
        let prefixes = self.severities.iter().filter_map(|(subject, severity)| match subject {
            Subject::Rules(prefix) if code.starts_with(prefix.as_str()) => Some((prefix.len(), *severity)),
            _ => None,
        });
        // The last of those that are equally long.
        prefixes.max_by_key(|(length, _)| *length).map(|(_, severity)| severity)
    }

    fn selects(&self, code: &str) -> bool {
        let hit = |prefixes: &[String]| prefixes.iter().any(|prefix| code.starts_with(prefix.as_str()));
        (self.select.is_empty() || hit(&self.select)) && !hit(&self.ignore)
    }
}

fn known_prefix(text: &str) -> Result<String, UnknownRule> {
    if let Some(rule) = find_rule(text) {
        return Ok(rule.code.to_owned());
    }
    let prefix = text.to_ascii_uppercase();
    let known = !prefix.is_empty() && rules().iter().any(|rule| rule.code.starts_with(&prefix));
    known.then_some(prefix).ok_or_else(|| UnknownRule(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{Document, Format};
    use crate::lint::{Options, lint};

    fn severities(set: impl FnOnce(&mut Levels)) -> Vec<(&'static str, Severity)> {
        let document = Document::read(br#"{"r": 8, "r": 9,}"#.to_vec(), Format::Json);
        let mut options = Options::default();
        set(&mut options.levels);
        let found = lint(&document, "", &options).findings;
        let of_the_text = found.iter().filter(|finding| finding.rule.code < "AL117");
        of_the_text.map(|finding| (finding.rule.code, finding.severity)).collect()
    }

    #[test]
    fn select_and_ignore_take_prefixes_and_names() {
        assert_eq!(severities(|levels| levels.select("AL1").expect("known")).len(), 2);
        assert_eq!(severities(|levels| levels.select("trailing-comma").expect("known")).len(), 1);
        assert_eq!(severities(|levels| levels.ignore("al10").expect("known")), []);
        assert!(Levels::default().select("XY").is_err());
    }

    #[test]
    fn one_rule_goes_before_all() {
        let found = severities(|levels| {
            levels.set("duplicate-key", Some(Severity::Note)).expect("known");
            levels.set("warnings", Some(Severity::Error)).expect("known");
        });
        assert_eq!(found, [("AL106", Severity::Note), ("AL102", Severity::Error)]);
    }

    #[test]
    fn a_longer_prefix_goes_before_a_shorter_one() {
        let found = severities(|levels| {
            levels.set("AL102", Some(Severity::Warning)).expect("known");
            levels.set("AL1", Some(Severity::Note)).expect("known");
            levels.set("al10", None).expect("known");
            levels.set("AL10", Some(Severity::Error)).expect("known");
        });
        assert_eq!(found, [("AL106", Severity::Error), ("AL102", Severity::Warning)]);
    }

    #[test]
    fn allowed_rules_are_silent() {
        assert_eq!(severities(|levels| levels.set("AL102", None).expect("known")), [("AL106", Severity::Warning)]);
        assert_eq!(severities(|levels| levels.set("warnings", None).expect("known")), [("AL102", Severity::Error)]);
    }
}
