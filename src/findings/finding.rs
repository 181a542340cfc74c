use super::RuleInfo;
pub use crate::document::Edit;
use crate::document::{Document, Span, edit, pointer};

/// How much a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// It loads, but part of what is written has no effect, is deprecated, or will surprise.
    Warning,
    /// The library refuses it, crashes on it, or computes something else than the file says.
    Error,
}

impl Severity {
    /// `error`, `warning` or `note`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One flaw at one place.
#[derive(Debug, Clone)]
pub struct Finding {
    /// The rule that found it.
    pub rule: &'static RuleInfo,
    /// How much it weighs.
    pub severity: Severity,
    /// What is wrong, in the user's words.
    pub message: String,
    /// JSON pointer of the guilty value.
    pub pointer: String,
    /// The guilty bytes.
    pub span: Span,
    /// How to mend it.
    pub help: Option<String>,
    /// Other places that belong to it.
    pub related: Vec<Related>,
    /// A change of the text that mends it.
    pub fix: Option<Fix>,
}

/// Another place that belongs to a finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Related {
    /// Where.
    pub span: Span,
    /// What is there.
    pub label: String,
}

/// A change of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as an imperative.
    pub title: String,
    /// Whether the meaning stays as it was, or is unmistakably what was meant.
    pub safe: bool,
    /// The edits; they do not overlap. None where it is no text that is mended, but a file of weights.
    pub edits: Vec<Edit>,
}

impl Finding {
    /// Says where it is.
    pub(crate) fn at(&mut self, pointer: impl Into<String>) -> &mut Self {
        self.pointer = shortened(pointer.into());
        self
    }

    /// Says how to mend it.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(shortened(help.into()));
        self
    }

    /// Adds another place.
    pub fn also(&mut self, span: Span, label: impl Into<String>) -> &mut Self {
        self.related.push(Related { span, label: shortened(label.into()) });
        self
    }

    /// Offers to replace some bytes without changing what was meant.
    pub fn replace(&mut self, span: Span, text: impl Into<String>, title: impl Into<String>) -> &mut Self {
        self.mend(vec![Edit::new(span, text)], title, true)
    }

    /// Offers to replace some bytes; the meaning changes, so someone must look.
    pub fn suggest(&mut self, span: Span, text: impl Into<String>, title: impl Into<String>) -> &mut Self {
        self.mend(vec![Edit::new(span, text)], title, false)
    }

    /// Offers to remove the member whose key stands at the finding's place, if that can be done; `safe` as in
    /// [`Fix::safe`].
    pub(crate) fn remove_key(&mut self, document: &Document, safe: bool) -> &mut Self {
        let member = document.root.as_ref().and_then(|root| pointer::member_at(root, self.span));
        let edits = member.and_then(|(map, at)| edit::remove_member(document.source.text(), map, at));
        if let Some(edits) = edits {
            self.mend(edits, "Remove the key", safe);
        }
        self
    }

    /// Offers edits; `safe` as in [`Fix::safe`].
    pub fn mend(&mut self, edits: Vec<Edit>, title: impl Into<String>, safe: bool) -> &mut Self {
        self.fix = Some(Fix { title: shortened(title.into()), safe, edits });
        self
    }
}

/// Collects findings.
#[derive(Debug, Default)]
pub struct Report {
    findings: Vec<Finding>,
}

impl Report {
    /// Adds a finding of `rule`, to be completed by the caller.
    pub fn add(
        &mut self,
        rule: &'static RuleInfo,
        pointer: impl Into<String>,
        span: Span,
        message: impl Into<String>,
    ) -> &mut Finding {
        self.findings.push(Finding {
            rule,
            severity: rule.severity,
            message: shortened(message.into()),
            pointer: shortened(pointer.into()),
            span,
            help: None,
            related: Vec::new(),
            fix: None,
        });
        self.findings.last_mut().expect("a finding was just pushed")
    }

    /// Adds a finding about a tensor of a weights file, in which there are no lines; the empty name means the whole file.
    #[cfg(feature = "oracle")]
    pub(crate) fn about_tensor(
        &mut self,
        rule: &'static RuleInfo,
        tensor: &str,
        message: impl Into<String>,
    ) -> &mut Finding {
        let at = if tensor.is_empty() { String::new() } else { pointer::push("", tensor) };
        self.add(rule, at, Span::default(), message)
    }

    /// What was collected after the first `count` findings.
    pub(crate) fn after(&mut self, count: usize) -> &mut [Finding] {
        self.findings.get_mut(count..).unwrap_or_default()
    }

    /// Makes warnings of the errors that were collected after the first `count` findings, and says in each why it is none.
    #[cfg(feature = "oracle")]
    pub(crate) fn soften(&mut self, count: usize, why: &str) {
        for finding in self.after(count).iter_mut().filter(|finding| finding.severity == Severity::Error) {
            finding.severity = Severity::Warning;
            finding.message = shortened(format!("{}; {why}", finding.message));
        }
    }

    /// Keeps only some of what was collected.
    pub(crate) fn retain(&mut self, keep: impl FnMut(&Finding) -> bool) {
        self.findings.retain(keep);
    }

    /// Takes over what another collected.
    pub(crate) fn take(&mut self, other: Self) {
        self.findings.extend(other.findings);
    }

    /// What was collected so far.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// What was collected.
    #[must_use]
    pub fn into_findings(self) -> Vec<Finding> {
        self.findings
    }
}

/// A text of bearable length: what a hostile file quotes can be as long as the file.
fn shortened(mut text: String) -> String {
    const MOST: usize = 600;
    if text.len() > MOST {
        let end = (0..=MOST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Sorts findings by where they are, and then by rule.
pub(crate) fn in_order(findings: &mut [Finding]) {
    findings.sort_by(|a, b| (a.span, a.rule.code).cmp(&(b.span, b.rule.code)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint;

    #[test]
    fn what_is_quoted_is_cut() {
        let long = "é".repeat(1 << 20);
        let mut report = Report::default();
        let rule = lint::rules().first().copied().expect("there are rules");
        let finding = report.add(rule, long.clone(), Span::default(), long.clone());
        finding.help(long.clone()).also(Span::default(), long.clone()).replace(
            Span::default(),
            long.clone(),
            long.clone(),
        );
        let fix = finding.fix.as_ref().expect("it has one");
        let help = finding.help.as_deref().expect("it has one");
        for text in [&*finding.message, &finding.pointer, help, &finding.related[0].label, &fix.title] {
            assert!(text.len() <= 603 && text.ends_with("é…"), "{}", text.len());
        }
        assert_eq!(fix.edits[0].text, long);
    }
}
