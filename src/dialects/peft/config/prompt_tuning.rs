//! Prompt tuning.

use super::key::Type::{Choice, Map, Nullable};
use super::key::{ANY, TEXT};
use super::method::method;

method! {
    /// Prompt tuning: trained vectors are put before the embeddings of the input.
    METHOD, PromptTuning, "peft-prompt-tuning", "Prompt tuning", "PromptTuningConfig",
    "Lester et al., 2021, arXiv:2104.08691",
    r#"{"peft_type": "PROMPT_TUNING", "task_type": "CAUSAL_LM", "num_virtual_tokens": 4}"#,
    [],
    {
        /// How the vectors are initialised.
        prompt_tuning_init = "RANDOM", Choice(&[("RANDOM", "Random vectors."), ("SAMPLE_VOCAB", "Embeddings of random tokens."), ("TEXT", "Embeddings of a text.")]);
        /// The text from which they are initialised, for `TEXT`.
        prompt_tuning_init_text = null, Nullable(&TEXT);
        /// Arguments for the tokenizer; only for `TEXT`.
        tokenizer_kwargs = null, Nullable(&Map(&ANY));
        /// The tokenizer for the text, for `TEXT`.
        tokenizer_name_or_path = null, Nullable(&TEXT);
    }
}
