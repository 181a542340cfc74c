use super::super::facts::heads::heads;
use crate::dialects::adapterhub::Subject;
use crate::document::pointer;
use crate::findings::{Report, rule};
use crate::models::Model;

rule! {
    /// The embedding size of a language model head differs from the model's.
    ///
    /// ## Why is this bad
    /// The last layer of the head is tied to the embeddings of the model, so its input must have their width.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"head_type": "masked_lm", "embedding_size": 16}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the weights tell which is right.
    HeadEmbeddingSizeDisagrees, Error
}

impl HeadEmbeddingSizeDisagrees {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(model) = &subject.model else { return };
        // The file's own `hidden_size` is not read, so nothing is judged by it.
        if Model::of_adapter(subject.root).as_ref() == Some(model) {
            return;
        }
        let Some(size) = model.embedding_size.or(model.hidden_size) else { return };
        for head in heads(subject).iter().filter(|head| head.is_language_model()) {
            let Some(node) = head.node.get("embedding_size") else { continue };
            let own = node.value().as_i64().and_then(|own| u64::try_from(own).ok());
            if let Some(own) = own.filter(|own| *own > 0 && *own != size) {
                let message =
                    format!("the embedding size {own} does not fit the model, whose embeddings have {size} dimensions");
                report.add(Self::INFO, pointer::push(&head.pointer, "embedding_size"), node.span, message);
            }
        }
    }
}
