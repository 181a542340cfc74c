//! Well-known models by name, in the keys of their own `config.json`. Sizes as recorded in
//! `fixtures/releases/well_known_models.json`: the defaults of transformers' config classes, or the published file.

use super::Model;
use crate::document::json;

/// Organisations that the Hugging Face hub moved models to which once had a name of their own.
const LATER_OWNERS: [&str; 6] =
    ["google-bert/", "FacebookAI/", "openai-community/", "google-t5/", "distilbert/", "albert/"];

/// The model of this name.
pub(super) fn find(name: &str) -> Option<Model> {
    let bare = LATER_OWNERS.iter().find_map(|owner| name.strip_prefix(owner)).unwrap_or(name);
    let (_, config) = MODELS.iter().find(|(known, _)| *known == bare)?;
    Model::from_config(json::parse(config).0.as_ref()?)
}

/// Every name.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    MODELS.iter().map(|(name, _)| *name)
}

#[rustfmt::skip]
const MODELS: &[(&str, &str)] = &[
    ("bert-base-uncased", r#"{"model_type": "bert", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 30522}"#),
    ("bert-base-cased", r#"{"model_type": "bert", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 28996}"#),
    ("bert-large-uncased", r#"{"model_type": "bert", "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096, "vocab_size": 30522}"#),
    ("bert-large-cased", r#"{"model_type": "bert", "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096, "vocab_size": 28996}"#),
    ("bert-base-multilingual-cased", r#"{"model_type": "bert", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 119547}"#),
    ("roberta-base", r#"{"model_type": "roberta", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 50265}"#),
    ("roberta-large", r#"{"model_type": "roberta", "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096, "vocab_size": 50265}"#),
    ("xlm-roberta-base", r#"{"model_type": "xlm-roberta", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 250002}"#),
    ("xlm-roberta-large", r#"{"model_type": "xlm-roberta", "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096, "vocab_size": 250002}"#),
    ("distilbert-base-uncased", r#"{"model_type": "distilbert", "dim": 768, "n_layers": 6, "n_heads": 12, "hidden_dim": 3072, "vocab_size": 30522}"#),
    ("distilroberta-base", r#"{"model_type": "roberta", "hidden_size": 768, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 50265}"#),
    ("albert-base-v2", r#"{"model_type": "albert", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 30000, "embedding_size": 128, "num_hidden_groups": 1, "inner_group_num": 1}"#),
    ("google/electra-base-discriminator", r#"{"model_type": "electra", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 30522, "embedding_size": 768}"#),
    ("microsoft/deberta-base", r#"{"model_type": "deberta", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 50265}"#),
    ("microsoft/deberta-v3-base", r#"{"model_type": "deberta-v2", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 128100}"#),
    ("gpt2", r#"{"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "n_inner": null, "vocab_size": 50257}"#),
    ("gpt2-medium", r#"{"model_type": "gpt2", "n_embd": 1024, "n_layer": 24, "n_head": 16, "n_inner": null, "vocab_size": 50257}"#),
    ("gpt2-large", r#"{"model_type": "gpt2", "n_embd": 1280, "n_layer": 36, "n_head": 20, "n_inner": null, "vocab_size": 50257}"#),
    ("gpt2-xl", r#"{"model_type": "gpt2", "n_embd": 1600, "n_layer": 48, "n_head": 25, "n_inner": null, "vocab_size": 50257}"#),
    ("facebook/bart-base", r#"{"model_type": "bart", "d_model": 768, "encoder_layers": 6, "decoder_layers": 6, "encoder_attention_heads": 12, "decoder_attention_heads": 12, "encoder_ffn_dim": 3072, "decoder_ffn_dim": 3072, "vocab_size": 50265}"#),
    ("facebook/bart-large", r#"{"model_type": "bart", "d_model": 1024, "encoder_layers": 12, "decoder_layers": 12, "encoder_attention_heads": 16, "decoder_attention_heads": 16, "encoder_ffn_dim": 4096, "decoder_ffn_dim": 4096, "vocab_size": 50265}"#),
    ("facebook/mbart-large-cc25", r#"{"model_type": "mbart", "d_model": 1024, "encoder_layers": 12, "decoder_layers": 12, "encoder_attention_heads": 16, "decoder_attention_heads": 16, "encoder_ffn_dim": 4096, "decoder_ffn_dim": 4096, "vocab_size": 250027}"#),
    ("t5-small", r#"{"model_type": "t5", "d_model": 512, "num_layers": 6, "num_decoder_layers": 6, "num_heads": 8, "d_kv": 64, "d_ff": 2048, "vocab_size": 32128}"#),
    ("t5-base", r#"{"model_type": "t5", "d_model": 768, "num_layers": 12, "num_decoder_layers": 12, "num_heads": 12, "d_kv": 64, "d_ff": 3072, "vocab_size": 32128}"#),
    ("t5-large", r#"{"model_type": "t5", "d_model": 1024, "num_layers": 24, "num_decoder_layers": 24, "num_heads": 16, "d_kv": 64, "d_ff": 4096, "vocab_size": 32128}"#),
    ("google/mt5-small", r#"{"model_type": "mt5", "d_model": 512, "num_layers": 8, "num_decoder_layers": 8, "num_heads": 6, "d_kv": 64, "d_ff": 1024, "vocab_size": 250112, "feed_forward_proj": "gated-gelu"}"#),
    ("google/mt5-base", r#"{"model_type": "mt5", "d_model": 768, "num_layers": 12, "num_decoder_layers": 12, "num_heads": 12, "d_kv": 64, "d_ff": 2048, "vocab_size": 250112, "feed_forward_proj": "gated-gelu"}"#),
    ("google/vit-base-patch16-224", r#"{"model_type": "vit", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "image_size": 224, "patch_size": 16}"#),
    ("google/vit-base-patch16-224-in21k", r#"{"model_type": "vit", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "image_size": 224, "patch_size": 16}"#),
    ("EleutherAI/gpt-j-6B", r#"{"model_type": "gptj", "n_embd": 4096, "n_layer": 28, "n_head": 16, "n_inner": null, "vocab_size": 50400, "rotary_dim": 64}"#),
    ("meta-llama/Llama-2-7b-hf", r#"{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "intermediate_size": 11008, "vocab_size": 32000, "num_key_value_heads": 32}"#),
    ("meta-llama/Llama-3.1-8B", r#"{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "intermediate_size": 14336, "vocab_size": 128256, "num_key_value_heads": 8}"#),
    ("meta-llama/Llama-3.2-1B", r#"{"model_type": "llama", "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 32, "intermediate_size": 8192, "vocab_size": 128256, "num_key_value_heads": 8, "head_dim": 64}"#),
    ("mistralai/Mistral-7B-v0.1", r#"{"model_type": "mistral", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "intermediate_size": 14336, "vocab_size": 32000, "num_key_value_heads": 8}"#),
    ("openai/whisper-small", r#"{"model_type": "whisper", "d_model": 768, "encoder_layers": 12, "decoder_layers": 12, "encoder_attention_heads": 12, "decoder_attention_heads": 12, "encoder_ffn_dim": 3072, "decoder_ffn_dim": 3072, "vocab_size": 51865, "num_mel_bins": 80}"#),
    ("openai/clip-vit-base-patch32", r#"{"model_type": "clip", "text_config": {"hidden_size": 512, "num_hidden_layers": 12, "num_attention_heads": 8, "intermediate_size": 2048, "vocab_size": 49408}, "vision_config": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "image_size": 224, "patch_size": 32}, "projection_dim": 512}"#),
    ("facebook/xmod-base", r#"{"model_type": "xmod", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 250002, "adapter_reduction_factor": 2}"#),
];

#[cfg(test)]
mod tests {
    use super::{find, names};

    #[test]
    fn every_model_is_of_a_known_type_and_has_its_sizes() {
        for name in names() {
            let model = find(name).unwrap_or_else(|| panic!("{name} cannot be read"));
            let sizes = [model.hidden_size, model.layers, model.heads];
            assert!(model.support.is_some() && sizes.iter().all(Option::is_some), "{name}: {model:?}");
        }
    }

    #[test]
    fn a_model_keeps_its_name_under_a_later_owner() {
        assert_eq!(find("google-bert/bert-base-uncased"), find("bert-base-uncased"));
        assert_eq!(find("nobody/bert-base-uncased"), None);
    }
}
