use super::super::facts::heads::written_class;
use super::super::facts::model_classes::{Class, family_of, flex_names};
use crate::dialects::adapterhub::Subject;
use crate::findings::nearest;
use crate::findings::{Report, rule};

rule! {
    /// The library cannot load the head of the class in `model_class`.
    ///
    /// ## Why is this bad
    /// A head is loaded into the same class, into `AdapterModel` from `ModelWithHeads` of the same family, or converted
    /// from one of the classes that the adapters library has a table for. For any other class it raises a `ValueError`.
    ///
    /// ## Example
    /// ```json
    /// {"model_class": "BertForNoSuchTask", "config": null, "label2id": null}
    /// ```
    ///
    /// ## Fix safety
    /// The class with the most similar name is only suggested: the weights must fit it.
    HeadClassUnconvertible, Error
}

impl HeadClassUnconvertible {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(node) = subject.root.get("model_class") else { return };
        let (Some(class), Some(name)) = (written_class(subject), node.as_str()) else { return };
        let is_real = KNOWN_TASKS.iter().any(|task| name.ends_with(task)) && family_of(name).is_some();
        let message = match class {
            Class::UnknownFlex => format!("the library has no class `{name}`"),
            Class::Other if !is_real => format!("the library can neither load nor convert the head of a `{name}`"),
            _ => return,
        };
        let finding = report.add(Self::INFO, "/model_class", node.span, message);
        let names = flex_names();
        if let Some(known) = nearest(name, names.iter().map(String::as_str)) {
            finding.suggest(node.span, format!("\"{known}\""), format!("Write `{known}`"));
        }
    }
}

/// Tasks of classes in `transformers` that have one fixed head; where no conversion exists, the head still loads into
/// the very same class.
const KNOWN_TASKS: [&str; 14] = [
    "ForSequenceClassification",
    "ForTokenClassification",
    "ForMultipleChoice",
    "ForQuestionAnswering",
    "ForMaskedLM",
    "ForCausalLM",
    "LMHeadModel",
    "ForConditionalGeneration",
    "ForImageClassification",
    "ForNextSentencePrediction",
    "ForPreTraining",
    "DoubleHeadsModel",
    "ForSemanticSegmentation",
    "ForMaskedImageModeling",
];
