//! Whether the library can load an adapter at all, as far as its config tells. What works on adapters asks this before: of what
//! cannot be loaded nobody knows what it computes.

use super::{Options, lint_all};
use crate::dialects::{adapterhub, peft};
use crate::document::write::to_json;
use crate::document::{Document, Format};
use crate::findings::{Finding, Severity};
use crate::value::{Map, Value};

/// Why the newest release of its library does not load an adapter with this config: the errors of the rules whose errors say
/// so. An error that matters in training only, or beside which the library computes something else than the config says, is
/// none of them.
pub(crate) fn refusals(file: &Map) -> Vec<String> {
    let document = Document::read(to_json(&Value::Map(file.clone())).into_bytes(), Format::Json);
    let linted = lint_all(&document, peft::CONFIG_NAME, &Options::default());
    let is_refusal = |finding: &Finding| {
        let mut all = peft::rules::REFUSED.iter().chain(adapterhub::rules::REFUSED);
        finding.severity == Severity::Error && all.any(|rule| rule.code == finding.rule.code)
    };
    linted.findings.into_iter().filter(is_refusal).map(|finding| finding.message).collect()
}
