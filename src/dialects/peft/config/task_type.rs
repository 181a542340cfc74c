use serde::{Deserialize, Serialize};

/// What a task's model gives out. It chooses PEFT's class around the base model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TaskType {
    /// Classes of texts.
    SeqCls,
    /// Text from text, by an encoder and a decoder.
    #[serde(rename = "SEQ_2_SEQ_LM")]
    Seq2SeqLm,
    /// The next token.
    CausalLm,
    /// Classes of tokens.
    TokenCls,
    /// Answers as spans of a text.
    QuestionAns,
    /// The hidden states of the bare base model.
    FeatureExtraction,
}

impl TaskType {
    /// The name in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::SeqCls => "SEQ_CLS",
            Self::Seq2SeqLm => "SEQ_2_SEQ_LM",
            Self::CausalLm => "CAUSAL_LM",
            Self::TokenCls => "TOKEN_CLS",
            Self::QuestionAns => "QUESTION_ANS",
            Self::FeatureExtraction => "FEATURE_EXTRACTION",
        }
    }
}
