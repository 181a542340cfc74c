use super::super::facts::heads::{Head, heads};
use super::super::facts::python::is_activation;
use crate::dialects::adapterhub::Subject;
use crate::document::pointer;
use crate::findings::{Report, rule};
use crate::python::is_true;
use crate::value::Value;

rule! {
    /// Given the other keys, a key of a head has no effect.
    ///
    /// ## Why is this bad
    /// A head of one layer has no activation and no layer norm; a causal language model head has no dropout; only one
    /// of `label2id` and `id2label` is read.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"head_type": "tagging", "layers": 1, "activation_function": "no_such"}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    HeadKeyUnused, Warning, Unnecessary
}

impl HeadKeyUnused {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for head in heads(subject) {
            for (key, reason) in unused(&head) {
                if let Some(node) = head.node.get(key) {
                    report.add(Self::INFO, pointer::push(&head.pointer, key), node.span, format!("`{key}` {reason}"));
                }
            }
        }
    }
}

fn unused(head: &Head<'_>) -> Vec<(&'static str, &'static str)> {
    let Some(kind) = head.kind else { return Vec::new() };
    let mut all = Vec::new();
    let is_short = head.layers().is_some_and(|layers| layers < 2);
    let activation = head.value("activation_function");
    // The library writes its default activation into every file, so a sound one is no news.
    if is_short && is_true(&activation) && !activation.as_str().is_some_and(is_activation) {
        all.push(("activation_function", "is not built: the head has one layer"));
    }
    if is_short && kind.outputs.is_none() && is_true(&head.value("layer_norm")) {
        all.push(("layer_norm", "has no effect: the head has one layer"));
    }
    if kind.name == "causal_lm" && head.value("dropout_prob") != Value::Null {
        all.push(("dropout_prob", "has no effect: a causal language model head has no dropout"));
    }
    let both = head.value("label2id") != Value::Null && head.value("id2label") != Value::Null;
    match head.labels() {
        Some(("label2id", _)) if both => all.push(("id2label", "is not read beside `label2id`")),
        Some(("id2label", _)) if both => all.push(("label2id", "is not read beside `id2label`")),
        _ => {}
    }
    all
}
