use std::collections::BTreeMap;
use std::num::NonZeroU64;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::config::{Activation, Probability};
use super::super::shapes::tagged;

tagged! {
    /// The config of a prediction head.
    Head "head" by "head_type" "What the head predicts. The other keys depend on it." {
        /// A label, or a number, for the whole input.
        "classification" => Classification(ClassificationHead),
        /// Any number of labels for the whole input.
        "multilabel_classification" => MultilabelClassification(ClassificationHead),
        /// One of several inputs.
        "multiple_choice" => MultipleChoice(MultipleChoiceHead),
        /// A label for each token.
        "tagging" => Tagging(TokenHead),
        /// The first and last token of an answer.
        "question_answering" => QuestionAnswering(TokenHead),
        /// For each token the token that it depends on, and how.
        "dependency_parsing" => DependencyParsing(DependencyParsingHead),
        /// The tokens behind masks.
        "masked_lm" => MaskedLm(MaskedLmHead),
        /// The next token.
        "causal_lm" => CausalLm(CausalLmHead),
        /// The next token of the output, given the input.
        "seq2seq_lm" => Seq2SeqLm(Seq2SeqLmHead),
        /// A label for an image.
        "image_classification" => ImageClassification(ImageClassificationHead),
    }
}

/// Declares the config of a head: groups of keys that several heads have. Every key has a default.
macro_rules! head {
    ($(#[$doc:meta])* $name:ident { $($group:ident $(= $value:expr)?),* }) => {
        head!(@expand [$(#[$doc])*] $name [] $($group $(= $value)?,)*);
    };
    (@expand [$($doc:tt)*] $name:ident [$($fields:tt)*]) => {
        $($doc)*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($fields)* }
    };
    (@expand $doc:tt $name:ident [$($fields:tt)*] num_labels, $($rest:tt)*) => {
        head!(@expand $doc $name [$($fields)*
            /// How many labels there are. With a single one the head is a regression.
            #[serde(default = "default::count::<2>")]
            #[schemars(extend("x-unit" = "labels", "x-source" = "heads/base.py"))]
            pub num_labels: NonZeroU64,
        ] $($rest)*);
    };
    (@expand $doc:tt $name:ident [$($fields:tt)*] num_choices, $($rest:tt)*) => {
        head!(@expand $doc $name [$($fields)*
            /// How many inputs there are to choose from.
            #[serde(default = "default::count::<2>")]
            #[schemars(extend("x-unit" = "inputs", "x-source" = "heads/base.py"))]
            pub num_choices: NonZeroU64,
        ] $($rest)*);
    };
    (@expand $doc:tt $name:ident [$($fields:tt)*] layers = $count:literal, $($rest:tt)*) => {
        head!(@expand $doc $name [$($fields)*
            /// How many linear layers the head has. All but the last are as wide as the model.
            #[serde(default = $count)]
            #[schemars(extend("x-unit" = "layers", "x-source" = "heads/base.py, PredictionHead.build"))]
            pub layers: NonZeroU64,
        ] $($rest)*);
    };
    (@expand $doc:tt $name:ident [$($fields:tt)*] activation = $default:literal, $($rest:tt)*) => {
        head!(@expand $doc $name [$($fields)*
            /// The activation between the head's linear layers; null for none.
            #[serde(default = $default)]
            #[schemars(extend("x-use" = "activation", "x-source" = "heads/base.py, PredictionHead.build"))]
            pub activation_function: Option<Activation>,
        ] $($rest)*);
    };
    (@expand $doc:tt $name:ident [$($fields:tt)*] label2id, $($rest:tt)*) => {
        head!(@expand $doc $name [$($fields)*
            /// The number of each label, from 0; null if the labels have no names.
            #[serde(default)]
            #[schemars(extend("x-source" = "heads/model_mixin.py, add_prediction_head_from_config"))]
            pub label2id: Option<BTreeMap<String, i64>>,
        ] $($rest)*);
    };
    (@expand $doc:tt $name:ident [$($fields:tt)*] no_labels, $($rest:tt)*) => {
        head!(@expand $doc $name [$($fields)*
            /// Always null: the head's labels are tokens. The library stops with an error at anything else.
            #[serde(default)]
            #[schemars(extend("x-source" = "heads/model_mixin.py, add_prediction_head_from_config"))]
            pub label2id: (),
        ] $($rest)*);
    };
    (@expand $doc:tt $name:ident [$($fields:tt)*] use_pooler, $($rest:tt)*) => {
        head!(@expand $doc $name [$($fields)*
            /// Whether the head takes the output of the model's pooler instead of the first token's hidden state. The
            /// model has to have a pooler then.
            #[serde(default)]
            #[schemars(extend("x-use" = "truth", "x-source" = "heads/base.py, PredictionHead._get_cls_output"))]
            pub use_pooler: bool,
        ] $($rest)*);
    };
    (@expand $doc:tt $name:ident [$($fields:tt)*] bias = $default:literal, $($rest:tt)*) => {
        head!(@expand $doc $name [$($fields)*
            /// Whether the head's last linear layer has a bias.
            #[serde(default = $default)]
            #[schemars(extend("x-use" = "truth", "x-source" = "heads/base.py, PredictionHead.build"))]
            pub bias: bool,
        ] $($rest)*);
    };
    (@expand $doc:tt $name:ident [$($fields:tt)*] dropout_prob, $($rest:tt)*) => {
        head!(@expand $doc $name [$($fields)*
            /// The dropout before each linear layer of the head; only in training. Null for the model's own.
            #[serde(default)]
            #[schemars(extend(
                "x-use" = "dropout",
                "x-unit" = "probability",
                "x-source" = "heads/base.py, PredictionHead._get_dropout_prob"
            ))]
            pub dropout_prob: Option<Probability>,
        ] $($rest)*);
    };
    (@expand $doc:tt $name:ident [$($fields:tt)*] multilabel, $($rest:tt)*) => {
        head!(@expand $doc $name [$($fields)*
            /// Whether an image may have several labels.
            #[serde(default)]
            #[schemars(extend("x-use" = "truth", "x-source" = "heads/base.py, ImageClassificationHead.forward"))]
            pub multilabel: bool,
        ] $($rest)*);
    };
    (@expand $doc:tt $name:ident [$($fields:tt)*] vocabulary, $($rest:tt)*) => {
        head!(@expand $doc $name [$($fields)*
            /// How many tokens the head chooses from; null for the model's own vocabulary.
            #[serde(default)]
            #[schemars(extend("x-unit" = "tokens", "x-source" = "heads/language_modeling.py"))]
            pub vocab_size: Option<NonZeroU64>,
        ] $($rest)*);
    };
    (@expand $doc:tt $name:ident [$($fields:tt)*] embedding_size, $($rest:tt)*) => {
        head!(@expand $doc $name [$($fields)*
            /// The width of the output embeddings; null for the model's own.
            #[serde(default)]
            #[schemars(extend("x-unit" = "units", "x-source" = "heads/language_modeling.py"))]
            pub embedding_size: Option<NonZeroU64>,
        ] $($rest)*);
    };
    (@expand $doc:tt $name:ident [$($fields:tt)*] layer_norm = $default:literal, $($rest:tt)*) => {
        head!(@expand $doc $name [$($fields)*
            /// Whether a layer norm follows each linear layer but the last.
            #[serde(default = $default)]
            #[schemars(extend("x-use" = "truth", "x-source" = "heads/language_modeling.py, CausalLMHead.build"))]
            pub layer_norm: bool,
        ] $($rest)*);
    };
    (@expand $doc:tt $name:ident [$($fields:tt)*] shift_labels = $default:literal, $($rest:tt)*) => {
        head!(@expand $doc $name [$($fields)*
            /// Whether the labels are the input itself, so that each position is compared with the next token.
            #[serde(default = $default)]
            #[schemars(extend("x-use" = "truth", "x-source" = "heads/language_modeling.py, CausalLMHead.forward"))]
            pub shift_labels: bool,
        ] $($rest)*);
    };
}

head! {
    /// A head for a label, or several, of the whole input.
    ClassificationHead {
        num_labels, layers = "default::count::<2>", activation = "default::tanh", label2id, use_pooler,
        bias = "default::yes", dropout_prob
    }
}

head! {
    /// A head that chooses one of several inputs.
    MultipleChoiceHead {
        num_choices, layers = "default::count::<2>", activation = "default::tanh", label2id, use_pooler, dropout_prob
    }
}

head! {
    /// A head for labels of tokens, or for the bounds of an answer.
    TokenHead {
        num_labels, layers = "default::count::<1>", activation = "default::tanh", label2id, dropout_prob
    }
}

head! {
    /// A head that parses sentences into trees.
    DependencyParsingHead { num_labels, label2id }
}

head! {
    /// A head for tokens behind masks.
    MaskedLmHead {
        vocabulary, embedding_size, layers = "default::count::<2>", activation = "default::gelu",
        layer_norm = "default::yes", bias = "default::yes", shift_labels = "default::no", no_labels
    }
}

head! {
    /// A head for the next token.
    CausalLmHead {
        vocabulary, embedding_size, layers = "default::count::<1>", activation = "default::none",
        layer_norm = "default::no", bias = "default::no", shift_labels = "default::yes", no_labels, dropout_prob
    }
}

head! {
    /// A head for the next token of an output that belongs to an input.
    Seq2SeqLmHead {
        vocabulary, layers = "default::count::<1>", activation = "default::none", layer_norm = "default::no",
        bias = "default::no", shift_labels = "default::no", no_labels
    }
}

head! {
    /// A head for labels of images.
    ImageClassificationHead {
        num_labels, layers = "default::count::<2>", activation = "default::tanh", multilabel, label2id, use_pooler,
        bias = "default::yes", dropout_prob
    }
}

/// Defaults of the library's constructors.
mod default {
    use std::num::NonZeroU64;

    use super::Activation;

    pub(super) fn yes() -> bool {
        true
    }

    pub(super) fn no() -> bool {
        false
    }

    pub(super) fn count<const N: u64>() -> NonZeroU64 {
        NonZeroU64::new(N).expect("no default count is 0")
    }

    #[expect(clippy::unnecessary_wraps, reason = "the field is optional")]
    pub(super) fn tanh() -> Option<Activation> {
        Some(Activation::Tanh)
    }

    #[expect(clippy::unnecessary_wraps, reason = "the field is optional")]
    pub(super) fn gelu() -> Option<Activation> {
        Some(Activation::Gelu)
    }

    pub(super) fn none() -> Option<Activation> {
        None
    }
}
