//! Whether the library can load an adapter at all, as far as its config tells. What works on adapters asks this before: of what
//! cannot be loaded nobody knows what it computes.

use super::{Options, lint_all};
use crate::dialects::{adapterhub, peft};
use crate::document::write::to_json;
use crate::document::{Document, Format};
use crate::findings::{Finding, RuleInfo, Severity};
use crate::models::Model;
use crate::value::{Map, Value};

/// Why the newest release of its library does not load an adapter with this config, on the base model if there is one: the
/// errors of the rules whose errors say so. An error that matters in training only, or beside which the library computes
/// something else than the config says, is none of them.
pub(crate) fn refusals(file: &Map, model: Option<&Model>) -> Vec<String> {
    errors(file, model, &[peft::rules::REFUSED, peft::model_rules::REFUSED, adapterhub::rules::REFUSED])
}

/// Why an adapter with this config is another function each time that its library loads it, or at each pass.
#[cfg(feature = "oracle")]
pub(crate) fn unrepeatable(file: &Map) -> Vec<String> {
    errors(file, None, &[peft::rules::UNREPEATABLE])
}

/// What the errors of these rules say of a config.
fn errors(file: &Map, model: Option<&Model>, rules: &[&[&RuleInfo]]) -> Vec<String> {
    let document = Document::read(to_json(&Value::Map(file.clone())).into_bytes(), Format::Json);
    let options = Options { model: model.cloned(), ..Options::default() };
    let linted = lint_all(&document, peft::CONFIG_NAME, &options);
    let is_asked_for = |finding: &Finding| {
        let mut all = rules.iter().copied().flatten();
        finding.severity == Severity::Error && all.any(|rule| rule.code == finding.rule.code)
    };
    linted.findings.into_iter().filter(is_asked_for).map(|finding| finding.message).collect()
}
