//! LLaMA-Adapter.

use super::key::COUNT;
use super::key::Type::Nullable;
use super::method::method;
use super::shared::TARGETS;

method! {
    /// LLaMA-Adapter: in the last layers, attention over learned tokens is added to the attention's output, through a
    /// gate that starts closed. For Llama, Mistral and GPT-2.
    METHOD, AdaptionPrompt, "peft-adaption-prompt", "LLaMA-Adapter", "AdaptionPromptConfig",
    "Zhang et al., 2023, arXiv:2303.16199",
    r#"{"peft_type": "ADAPTION_PROMPT", "task_type": "CAUSAL_LM", "adapter_len": 4, "adapter_layers": 2}"#,
    [],
    {
        /// The number of layers, counted from the last, that get tokens. It must be given.
        adapter_layers = null, Nullable(&COUNT);
        /// The number of learned tokens in each of them. It must be given.
        adapter_len = null, Nullable(&COUNT);
        /// The name of the attention modules. Null: PEFT's default for the type of the model, `self_attn` for Llama.
        target_modules = null, TARGETS;
    }
}
