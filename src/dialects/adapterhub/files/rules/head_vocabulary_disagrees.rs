use crate::dialects::adapterhub::Subject;
use crate::document::{Node, pointer};
use crate::lint::{Report, rule};
use crate::value::Value;
use super::super::facts::heads::heads;

rule! {
    /// A language model head has another vocabulary than the model.
    ///
    /// ## Why is this bad
    /// The last layer of the head is tied to the embeddings of the model and takes their size, while the loss is computed with
    /// the size that is written.
    ///
    /// ## Example
    /// ```json
    /// {"vocab_size": 60, "prediction_heads": {"h": {"head_type": "masked_lm", "vocab_size": 50}}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the weights tell which is right.
    HeadVocabularyDisagrees, Error
}

impl HeadVocabularyDisagrees {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let untied = subject.root.get("tie_word_embeddings").map(Node::to_value) == Some(Value::Bool(false));
        let Some(model) = subject.root.get("vocab_size").filter(|_| !untied) else { return };
        for head in heads(subject).iter().filter(|head| head.in_section && head.is_language_model()) {
            let Some(node) = head.node.get("vocab_size") else { continue };
            let (own, theirs) = (node.to_value().as_i64(), model.to_value().as_i64());
            if own.is_some_and(|own| own > 0) && theirs.is_some() && own != theirs {
                let message = "the head's vocabulary is not the model's";
                let finding = report.add(Self::INFO, pointer::push(&head.pointer, "vocab_size"), node.span, message);
                finding.also(model.span, "the model's");
            }
        }
    }
}
