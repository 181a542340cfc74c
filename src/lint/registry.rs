use std::fmt;

use super::{Finding, RuleInfo, Severity};

/// Every rule, by code.
#[must_use]
pub fn rules() -> Vec<&'static RuleInfo> {
    let mut all: Vec<_> = super::rules::RULES.iter().chain(crate::dialects::rules()).copied().collect();
    all.sort_by_key(|rule| rule.code);
    all
}

/// The rule with this code or name, in any case.
#[must_use]
pub fn find_rule(code_or_name: &str) -> Option<&'static RuleInfo> {
    rules()
        .into_iter()
        .find(|rule| rule.code.eq_ignore_ascii_case(code_or_name) || rule.name() == code_or_name.to_ascii_lowercase())
}

/// A rule that nobody knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownRule(pub String);

impl fmt::Display for UnknownRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no rule `{}`; `adapter-lint rules` lists them", self.0)
    }
}

impl std::error::Error for UnknownRule {}

/// Which findings are wanted, and how severe they are.
#[derive(Debug, Clone, Default)]
pub struct Levels {
    select: Vec<String>,
    ignore: Vec<String>,
    severities: Vec<(&'static str, Severity)>,
    allowed: Vec<&'static str>,
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

    /// Gives a rule another severity; `None` silences it.
    ///
    /// # Errors
    /// If there is no such rule.
    pub fn set(&mut self, rule: &str, severity: Option<Severity>) -> Result<(), UnknownRule> {
        let code = find_rule(rule).ok_or_else(|| UnknownRule(rule.to_owned()))?.code;
        self.allowed.retain(|allowed| *allowed != code);
        self.severities.retain(|(set, _)| *set != code);
        match severity {
            Some(severity) => self.severities.push((code, severity)),
            None => self.allowed.push(code),
        }
        Ok(())
    }

    /// The findings that are wanted, with their severities.
    #[must_use]
    pub fn apply(&self, mut findings: Vec<Finding>) -> Vec<Finding> {
        findings.retain(|finding| self.wants(finding.rule.code));
        for finding in &mut findings {
            if let Some((_, severity)) = self.severities.iter().find(|(code, _)| *code == finding.rule.code) {
                finding.severity = *severity;
            }
        }
        findings
    }

    fn wants(&self, code: &str) -> bool {
        let hit = |prefixes: &[String]| prefixes.iter().any(|prefix| code.starts_with(prefix.as_str()));
        (self.select.is_empty() || hit(&self.select)) && !hit(&self.ignore) && !self.allowed.contains(&code)
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
