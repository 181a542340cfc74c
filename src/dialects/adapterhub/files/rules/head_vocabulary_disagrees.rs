use super::super::facts::heads::heads;
use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::document::pointer;
use crate::findings::{Report, rule};
use crate::models::Model;

rule! {
    /// The vocabulary size of a language model head differs from the model's.
    ///
    /// ## Why is this bad
    /// The last layer of the head is tied to the embeddings of the model and takes their size, while the loss is
    /// computed with the size in the file.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"head_type": "masked_lm", "vocab_size": 28996}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the weights tell which is right.
    HeadVocabularyDisagrees, Error
}

impl HeadVocabularyDisagrees {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(size) = vocabulary(subject) else { return };
        for head in heads(subject).iter().filter(|head| head.is_language_model()) {
            let Some(node) = head.node.get("vocab_size") else { continue };
            let own = node.value().as_i64().and_then(|own| u64::try_from(own).ok());
            if let Some(own) = own.filter(|own| *own > 0 && *own != size) {
                let message =
                    format!("a vocabulary of {own} entries does not fit the model, whose embeddings have {size}");
                report.add(Self::INFO, pointer::push(&head.pointer, "vocab_size"), node.span, message);
            }
        }
    }
}

/// The size that the embeddings force on the head: that of the model's own config if this is it.
fn vocabulary(subject: &Subject<'_>) -> Option<u64> {
    if subject.kind == FileKind::ModelAdaptersSection {
        return Model::from_config(subject.root)?.tied_vocabulary_size;
    }
    subject.model.as_ref()?.tied_vocabulary_size
}
