//! The library's model classes with flexible heads, and the classes of `transformers` whose fixed head it can convert.

/// What a class does with `use_pooler`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Pooler {
    /// It hands the pooled output to the head.
    Given,
    /// It picks the vector to classify itself; the key is not read.
    Unread,
    /// It has no pooled output: the head raises a `KeyError`.
    Missing,
}

/// A model class with flexible heads.
#[derive(Debug)]
pub(in super::super) struct ModelClass {
    /// The class is `<prefix>AdapterModel`, before `adapters` 0.1 also `<prefix>ModelWithHeads`.
    pub(in super::super) prefix: &'static str,
    /// `model_type` as transformers has it.
    pub(in super::super) model_type: &'static str,
    /// The head types that it can carry.
    pub(in super::super) heads: &'static [&'static str],
    /// What it does with `use_pooler`.
    pub(in super::super) pooler: Pooler,
}

const BERT: &[&str] = &[
    "classification",
    "multilabel_classification",
    "tagging",
    "multiple_choice",
    "question_answering",
    "dependency_parsing",
    "masked_lm",
    "causal_lm",
];
const DEBERTA: &[&str] =
    &["classification", "multilabel_classification", "tagging", "question_answering", "multiple_choice", "masked_lm"];
const DECODER: &[&str] = &["classification", "multilabel_classification", "tagging", "question_answering", "causal_lm"];
const ENCODER_DECODER: &[&str] = &["classification", "multilabel_classification", "question_answering", "seq2seq_lm"];
const IMAGE: &[&str] = &["image_classification"];

/// Makes the table of classes.
macro_rules! classes {
    ($($prefix:literal $model_type:literal $heads:expr, $pooler:ident;)*) => {
        const CLASSES: &[ModelClass] = &[
            $(ModelClass { prefix: $prefix, model_type: $model_type, heads: $heads, pooler: Pooler::$pooler },)*
        ];
    };
}

classes! {
    "Albert" "albert" DEBERTA, Given;
    "Bart" "bart" ENCODER_DECODER, Missing;
    "Beit" "beit" IMAGE, Unread;
    "Bert" "bert" BERT, Given;
    "BertGeneration" "bert-generation" &["masked_lm", "causal_lm"], Unread;
    "CLIP" "clip" &[], Unread;
    "Deberta" "deberta" DEBERTA, Given;
    "DebertaV2" "deberta-v2" DEBERTA, Given;
    "DistilBert" "distilbert" BERT, Missing;
    "Electra" "electra" BERT, Missing;
    "GPT2" "gpt2" DECODER, Unread;
    "GPTJ" "gptj" DECODER, Unread;
    "Llama" "llama" DECODER, Unread;
    "MBart" "mbart" ENCODER_DECODER, Unread;
    "Mistral" "mistral" DECODER, Unread;
    "MT5" "mt5" ENCODER_DECODER, Unread;
    "PLBart" "plbart" ENCODER_DECODER, Missing;
    "Roberta" "roberta" BERT, Given;
    "T5" "t5" ENCODER_DECODER, Unread;
    "ViT" "vit" IMAGE, Given;
    "Whisper" "whisper" &["seq2seq_lm"], Missing;
    "XLMRoberta" "xlm-roberta" BERT, Given;
    "Xmod" "xmod" BERT, Given;
}

/// Suffixes of classes whose fixed head the library can convert, by the prefixes that have them.
const CONVERTIBLE: &[(&str, &[&str])] = &[
    (
        "ForSequenceClassification",
        &[
            "Albert",
            "Bert",
            "Roberta",
            "XLMRoberta",
            "Xmod",
            "Bart",
            "MBart",
            "PLBart",
            "MT5",
            "DistilBert",
            "GPT2",
            "GPTJ",
            "T5",
            "DebertaV2",
            "Deberta",
            "Llama",
            "Mistral",
            "Electra",
        ],
    ),
    ("ForMultipleChoice", &["Albert", "Bert", "Roberta", "XLMRoberta", "Xmod", "DistilBert", "DebertaV2", "Electra"]),
    (
        "ForTokenClassification",
        &[
            "Albert",
            "Bert",
            "Roberta",
            "XLMRoberta",
            "Xmod",
            "DistilBert",
            "GPT2",
            "DebertaV2",
            "Deberta",
            "Llama",
            "Mistral",
            "Electra",
        ],
    ),
    (
        "ForQuestionAnswering",
        &[
            "Albert",
            "Bert",
            "Roberta",
            "XLMRoberta",
            "Xmod",
            "Bart",
            "MBart",
            "MT5",
            "DistilBert",
            "GPT2",
            "GPTJ",
            "T5",
            "DebertaV2",
            "Deberta",
            "Llama",
            "Mistral",
            "Electra",
        ],
    ),
    (
        "ForMaskedLM",
        &["Albert", "Bert", "Roberta", "XLMRoberta", "Xmod", "DistilBert", "DebertaV2", "Deberta", "Electra"],
    ),
    ("ForCausalLM", &["Roberta", "XLMRoberta", "Xmod", "GPTJ", "Llama", "Mistral", "Electra"]),
    ("LMHeadModel", &["Bert", "GPT2"]),
    ("Decoder", &["BertGeneration"]),
    ("ForConditionalGeneration", &["Bart", "MBart", "PLBart", "MT5", "T5", "Whisper"]),
    ("ForImageClassification", &["Beit", "ViT"]),
];

/// What a class name says.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Class {
    /// A class with flexible heads.
    Flex(&'static ModelClass),
    /// A class with flexible heads that this library does not have.
    UnknownFlex,
    /// A class with one fixed head that can be converted; `model_type` of its family.
    Static(&'static str),
    /// Any other class: its head can be loaded into the very same class only.
    Other,
}

/// What the name of a model class says.
pub(in super::super) fn class_of(name: &str) -> Class {
    let flex = ["AdapterModel", "ModelWithHeads"].iter().find_map(|suffix| name.strip_suffix(suffix));
    if let Some(prefix) = flex {
        return of_prefix(prefix).map_or(Class::UnknownFlex, Class::Flex);
    }
    let convertible = CONVERTIBLE
        .iter()
        .find_map(|(suffix, prefixes)| name.strip_suffix(suffix).filter(|prefix| prefixes.contains(prefix)));
    convertible.and_then(of_prefix).map_or(Class::Other, |class| Class::Static(class.model_type))
}

/// The class with flexible heads for a model type.
pub(in super::super) fn of_model_type(model_type: &str) -> Option<&'static ModelClass> {
    CLASSES.iter().find(|class| class.model_type == model_type)
}

/// The names of all classes with flexible heads.
pub(in super::super) fn flex_names() -> Vec<String> {
    CLASSES.iter().map(|class| format!("{}AdapterModel", class.prefix)).collect()
}

/// The family whose name starts a class name: the longest that fits.
pub(in super::super) fn family_of(name: &str) -> Option<&'static ModelClass> {
    CLASSES.iter().filter(|class| name.starts_with(class.prefix)).max_by_key(|class| class.prefix.len())
}

fn of_prefix(prefix: &str) -> Option<&'static ModelClass> {
    CLASSES.iter().find(|class| class.prefix == prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn class_names_are_told_apart() {
        assert!(matches!(class_of("BertAdapterModel"), Class::Flex(class) if class.model_type == "bert"));
        assert!(
            matches!(class_of("XLMRobertaModelWithHeads"), Class::Flex(class) if class.model_type == "xlm-roberta")
        );
        assert!(matches!(class_of("NoSuchAdapterModel"), Class::UnknownFlex));
        assert!(matches!(class_of("BertForSequenceClassification"), Class::Static("bert")));
        assert!(matches!(class_of("BertForNextSentencePrediction"), Class::Other));
    }
}
