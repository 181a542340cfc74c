use super::super::facts::heads::heads;
use crate::dialects::adapterhub::Subject;
use crate::document::pointer;
use crate::findings::{Report, rule};

rule! {
    /// A question-answering head does not have exactly two outputs.
    ///
    /// ## Why is this bad
    /// One output marks the start of the answer and the other its end; the head splits its outputs into exactly these
    /// two and fails for any other number.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"head_type": "question_answering", "num_labels": 3}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the weights must have two outputs too.
    AnswerLabelsNotTwo, Error
}

impl AnswerLabelsNotTwo {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for head in heads(subject) {
            let is_answering = head.kind.is_some_and(|kind| kind.name == "question_answering");
            let Some(node) = head.node.get("num_labels").filter(|_| is_answering) else { continue };
            if head.outputs().is_some_and(|outputs| outputs > 0 && outputs != 2) {
                let message = "a question-answering head needs two outputs: start and end";
                let finding = report.add(Self::INFO, pointer::push(&head.pointer, "num_labels"), node.span, message);
                if let Some(kind) = head.node.get("head_type") {
                    finding.also(kind.span, "the type of the head");
                }
            }
        }
    }
}
