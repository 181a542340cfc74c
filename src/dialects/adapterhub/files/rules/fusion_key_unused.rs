use super::super::facts::fusion::config;
use crate::dialects::adapterhub::Subject;
use crate::document::{Node, pointer};
use crate::findings::{Report, rule};
use crate::python::{is_true, node_is_true};
use crate::value::Value;

rule! {
    /// A key of an AdapterFusion config has no effect.
    ///
    /// ## Why is this bad
    /// Without `value` there is no value matrix that could be initialised, regularised or applied at another place.
    /// Without query, key and value nothing is trained. A dropout of 0 counts as not given, and the model's own is
    /// used.
    ///
    /// ## Example
    /// ```json
    /// {"key": true, "query": true, "value": false, "query_before_ln": false, "regularization": true,
    ///  "residual_before": false, "temperature": false, "value_before_softmax": true, "value_initialized": false,
    ///  "dropout_prob": null}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    FusionKeyUnused, Warning, Unnecessary
}

impl FusionKeyUnused {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some((node, at)) = config(subject) else { return };
        let holds = |key: &str| node.get(key).is_some_and(node_is_true);
        let mut add = |key: &str, message: &str| {
            if let Some(value) = node.get(key) {
                report.add(Self::INFO, pointer::push(&at, key), value.span, message);
            }
        };
        if node.get("value").is_some() && !holds("value") {
            for key in ["regularization", "value_initialized"] {
                if holds(key) {
                    add(key, &format!("`{key}` has no effect: without `value` there is no value matrix"));
                }
            }
            if node.get("value_before_softmax").is_some() && !holds("value_before_softmax") {
                add(
                    "value_before_softmax",
                    "`value_before_softmax` has no effect: without `value` there is no value matrix",
                );
            }
            if ["query", "key"].iter().all(|key| node.get(key).is_some() && !holds(key)) {
                add("value", "without query, key and value there is nothing to train");
            }
        }
        let dropout = node.get("dropout_prob").map(Node::to_value);
        if dropout.is_some_and(|dropout| dropout != Value::Null && !is_true(&dropout)) {
            add("dropout_prob", "a dropout of 0 counts as not given: the model's attention dropout is used");
        }
    }
}
