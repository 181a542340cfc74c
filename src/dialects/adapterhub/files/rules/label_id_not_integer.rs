use super::super::facts::heads::{Head, heads, written_class};
use super::super::facts::model_classes::Class;
use super::super::facts::python::{ToInt, to_int};
use crate::dialects::adapterhub::Subject;
use crate::document::{Node, pointer};
use crate::findings::words::described;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// The id of a label is not a value that Python's `int()` accepts.
    ///
    /// ## Why is this bad
    /// When a head is loaded, each id in `label2id` is passed to `int()`, which raises an error for null, lists and
    /// strings that are not integers. A map written the other way round, from ids to labels, is the usual cause.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"head_type": "tagging", "label2id": {"0": "O", "1": "B-LOC"}}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows the ids.
    LabelIdNotInteger, Error
}

impl LabelIdNotInteger {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for head in heads(subject) {
            if let Some(("label2id", node)) = head.labels() {
                let at = pointer::push(&head.pointer, "label2id");
                if head.in_section { judge_hashable(node, &at, report) } else { judge(node, &at, report) }
            } else if let Some(("id2label", node)) = head.labels() {
                judge_labels(&head, node, report);
            }
        }
        // A fixed head keeps its labels beside `config`.
        if matches!(written_class(subject), Some(Class::Static(_) | Class::Other))
            && let Some(node) = subject.root.get("label2id")
        {
            let value = node.to_value();
            if crate::python::is_true(&value) && !node.is_map() {
                let message = format!("`label2id` must be an object or null, not {}", described(&value));
                report.add(Self::INFO, "/label2id", node.span, message);
            }
            judge(node, "/label2id", report);
        }
    }
}

fn judge(labels: &Node, at: &str, report: &mut Report) {
    for member in labels.members() {
        let value = member.node.to_value();
        if to_int(&value) == ToInt::Fails {
            let message =
                format!("the id of the label \"{}\" must be an integer, not {}", member.key, described(&value));
            report.add(LabelIdNotInteger::INFO, pointer::push(at, &member.key), member.node.span, message);
        }
    }
}

/// In a model's config the ids are not converted, but become keys.
fn judge_hashable(labels: &Node, at: &str, report: &mut Report) {
    for member in labels.members().iter().filter(|member| member.node.is_map() || member.node.is_list()) {
        let message = format!("the id of the label \"{}\" must be an integer", member.key);
        report.add(LabelIdNotInteger::INFO, pointer::push(at, &member.key), member.node.span, message);
    }
}

/// The library turns `id2label` around, so the labels become keys.
fn judge_labels(head: &Head<'_>, labels: &Node, report: &mut Report) {
    let at = pointer::push(&head.pointer, "id2label");
    if !labels.is_map() && !head.is_language_model() {
        let message = format!("`id2label` must be an object, not {}", described(&labels.to_value()));
        report.add(LabelIdNotInteger::INFO, at.clone(), labels.span, message);
    }
    for member in labels.members() {
        if matches!(member.node.to_value(), Value::List(_) | Value::Map(_)) {
            let message = format!("the label of id {} must be a string", member.key);
            report.add(LabelIdNotInteger::INFO, pointer::push(&at, &member.key), member.node.span, message);
        }
    }
}
