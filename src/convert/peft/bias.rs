use crate::dialects::adapterhub::sites::{Linear, Projection};

/// Whether a linear layer has a bias, by the classes of transformers 4.57.6. Llama and Qwen3 have biases if their own
/// config asks for them (`attention_bias`, `mlp_bias`), which published models do not.
pub(super) fn has_bias(model_type: &str, linear: &Linear) -> bool {
    use Projection::{CrossKey, Intermediate, Key, Output};
    let projection = linear.projection;
    match model_type {
        "gemma2" | "gemma3_text" | "llama" | "mistral" | "modernbert" | "mt5" | "qwen3" | "t5" => false,
        "qwen2" => !matches!(projection, Intermediate | Output),
        "gptj" => matches!(projection, Intermediate | Output),
        "whisper" => !matches!(projection, Key | CrossKey),
        "beit" => projection != Key,
        _ => true,
    }
}
