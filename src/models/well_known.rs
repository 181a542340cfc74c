//! Well-known models by name, in the keys of their own `config.json`. Sizes as recorded in
//! `fixtures/releases/well_known_models.json`: the defaults of transformers' config classes, or the published file. The
//! number is that of the base model's parameters.

use super::Model;
use crate::document::json;

/// Organisations that the Hugging Face hub moved models to which once had a name of their own.
const LATER_OWNERS: [&str; 6] =
    ["google-bert/", "FacebookAI/", "openai-community/", "google-t5/", "distilbert/", "albert/"];

/// The model of this name.
pub(super) fn find(name: &str) -> Option<Model> {
    let bare = LATER_OWNERS.iter().find_map(|owner| name.strip_prefix(owner)).unwrap_or(name);
    let (_, parameters, config) = MODELS.iter().find(|(known, ..)| *known == bare)?;
    let model = Model::from_config(json::parse(config).0.as_ref()?)?;
    Some(Model { parameters: *parameters, ..model })
}

/// Every name.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    MODELS.iter().map(|(name, ..)| *name)
}

#[rustfmt::skip]
const MODELS: &[(&str, Option<u64>, &str)] = &[
    ("bert-base-uncased", Some(109_482_240), r#"{"model_type": "bert", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 30522}"#),
    ("bert-base-cased", Some(108_310_272), r#"{"model_type": "bert", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 28996}"#),
    ("bert-large-uncased", Some(335_141_888), r#"{"model_type": "bert", "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096, "vocab_size": 30522}"#),
    ("bert-large-cased", Some(333_579_264), r#"{"model_type": "bert", "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096, "vocab_size": 28996}"#),
    ("bert-base-multilingual-cased", Some(177_853_440), r#"{"model_type": "bert", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 119547}"#),
    ("roberta-base", Some(124_645_632), r#"{"model_type": "roberta", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 50265}"#),
    ("roberta-large", Some(355_359_744), r#"{"model_type": "roberta", "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096, "vocab_size": 50265}"#),
    ("xlm-roberta-base", Some(278_043_648), r#"{"model_type": "xlm-roberta", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 250002}"#),
    ("xlm-roberta-large", Some(559_890_432), r#"{"model_type": "xlm-roberta", "hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16, "intermediate_size": 4096, "vocab_size": 250002}"#),
    ("distilbert-base-uncased", Some(66_362_880), r#"{"model_type": "distilbert", "dim": 768, "n_layers": 6, "n_heads": 12, "hidden_dim": 3072, "vocab_size": 30522}"#),
    ("distilroberta-base", Some(82_118_400), r#"{"model_type": "roberta", "hidden_size": 768, "num_hidden_layers": 6, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 50265}"#),
    ("albert-base-v2", Some(11_683_584), r#"{"model_type": "albert", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 30000, "embedding_size": 128, "num_hidden_groups": 1, "inner_group_num": 1}"#),
    ("google/electra-base-discriminator", Some(108_891_648), r#"{"model_type": "electra", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 30522, "embedding_size": 768}"#),
    ("microsoft/deberta-base", Some(138_629_376), r#"{"model_type": "deberta", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 50265}"#),
    ("microsoft/deberta-v3-base", Some(183_831_552), r#"{"model_type": "deberta-v2", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 128100}"#),
    ("gpt2", Some(124_439_808), r#"{"model_type": "gpt2", "n_embd": 768, "n_layer": 12, "n_head": 12, "n_inner": null, "vocab_size": 50257}"#),
    ("gpt2-medium", Some(354_823_168), r#"{"model_type": "gpt2", "n_embd": 1024, "n_layer": 24, "n_head": 16, "n_inner": null, "vocab_size": 50257}"#),
    ("gpt2-large", Some(774_030_080), r#"{"model_type": "gpt2", "n_embd": 1280, "n_layer": 36, "n_head": 20, "n_inner": null, "vocab_size": 50257}"#),
    ("gpt2-xl", Some(1_557_611_200), r#"{"model_type": "gpt2", "n_embd": 1600, "n_layer": 48, "n_head": 25, "n_inner": null, "vocab_size": 50257}"#),
    ("facebook/bart-base", Some(139_420_416), r#"{"model_type": "bart", "d_model": 768, "encoder_layers": 6, "decoder_layers": 6, "encoder_attention_heads": 12, "decoder_attention_heads": 12, "encoder_ffn_dim": 3072, "decoder_ffn_dim": 3072, "vocab_size": 50265}"#),
    ("facebook/bart-large", Some(406_291_456), r#"{"model_type": "bart", "d_model": 1024, "encoder_layers": 12, "decoder_layers": 12, "encoder_attention_heads": 16, "decoder_attention_heads": 16, "encoder_ffn_dim": 4096, "decoder_ffn_dim": 4096, "vocab_size": 50265}"#),
    ("facebook/mbart-large-cc25", Some(610_851_840), r#"{"model_type": "mbart", "d_model": 1024, "encoder_layers": 12, "decoder_layers": 12, "encoder_attention_heads": 16, "decoder_attention_heads": 16, "encoder_ffn_dim": 4096, "decoder_ffn_dim": 4096, "vocab_size": 250027}"#),
    ("t5-small", Some(60_506_624), r#"{"model_type": "t5", "d_model": 512, "num_layers": 6, "num_decoder_layers": 6, "num_heads": 8, "d_kv": 64, "d_ff": 2048, "vocab_size": 32128}"#),
    ("t5-base", Some(222_903_552), r#"{"model_type": "t5", "d_model": 768, "num_layers": 12, "num_decoder_layers": 12, "num_heads": 12, "d_kv": 64, "d_ff": 3072, "vocab_size": 32128}"#),
    ("t5-large", Some(737_668_096), r#"{"model_type": "t5", "d_model": 1024, "num_layers": 24, "num_decoder_layers": 24, "num_heads": 16, "d_kv": 64, "d_ff": 4096, "vocab_size": 32128}"#),
    ("google/mt5-small", Some(172_119_424), r#"{"model_type": "mt5", "d_model": 512, "num_layers": 8, "num_decoder_layers": 8, "num_heads": 6, "d_kv": 64, "d_ff": 1024, "vocab_size": 250112, "feed_forward_proj": "gated-gelu"}"#),
    ("google/mt5-base", Some(390_315_264), r#"{"model_type": "mt5", "d_model": 768, "num_layers": 12, "num_decoder_layers": 12, "num_heads": 12, "d_kv": 64, "d_ff": 2048, "vocab_size": 250112, "feed_forward_proj": "gated-gelu"}"#),
    ("google/vit-base-patch16-224", Some(86_389_248), r#"{"model_type": "vit", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "image_size": 224, "patch_size": 16}"#),
    ("google/vit-base-patch16-224-in21k", Some(86_389_248), r#"{"model_type": "vit", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "image_size": 224, "patch_size": 16}"#),
    ("EleutherAI/gpt-j-6B", Some(5_844_393_984), r#"{"model_type": "gptj", "n_embd": 4096, "n_layer": 28, "n_head": 16, "n_inner": null, "vocab_size": 50400, "rotary_dim": 64}"#),
    ("meta-llama/Llama-2-7b-hf", Some(6_607_343_616), r#"{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "intermediate_size": 11008, "vocab_size": 32000, "num_key_value_heads": 32}"#),
    ("meta-llama/Llama-3.1-8B", Some(7_504_924_672), r#"{"model_type": "llama", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "intermediate_size": 14336, "vocab_size": 128256, "num_key_value_heads": 8}"#),
    ("meta-llama/Llama-3.2-1B", Some(1_235_814_400), r#"{"model_type": "llama", "hidden_size": 2048, "num_hidden_layers": 16, "num_attention_heads": 32, "intermediate_size": 8192, "vocab_size": 128256, "num_key_value_heads": 8, "head_dim": 64}"#),
    ("mistralai/Mistral-7B-v0.1", Some(7_110_660_096), r#"{"model_type": "mistral", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32, "intermediate_size": 14336, "vocab_size": 32000, "num_key_value_heads": 8}"#),
    ("openai/whisper-small", Some(241_734_912), r#"{"model_type": "whisper", "d_model": 768, "encoder_layers": 12, "decoder_layers": 12, "encoder_attention_heads": 12, "decoder_attention_heads": 12, "encoder_ffn_dim": 3072, "decoder_ffn_dim": 3072, "vocab_size": 51865, "num_mel_bins": 80}"#),
    ("openai/clip-vit-base-patch32", Some(151_277_313), r#"{"model_type": "clip", "text_config": {"hidden_size": 512, "num_hidden_layers": 12, "num_attention_heads": 8, "intermediate_size": 2048, "vocab_size": 49408}, "vision_config": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "image_size": 224, "patch_size": 32}, "projection_dim": 512}"#),
    ("facebook/xmod-base", None, r#"{"model_type": "xmod", "hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072, "vocab_size": 250002, "adapter_reduction_factor": 2}"#),
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
