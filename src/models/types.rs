//! What `adapters` 1.3.0 can place in each model type, recorded by running it (`fixtures/releases/models.json`).

use super::Quirk;

/// Whether the base model hands its layer norm to the adapter that sits at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Norm {
    /// There is a layer norm behind the residual sum, and the adapter gets it (post-layer-norm models).
    Given,
    /// The layer norm stands elsewhere: `original_ln_before` and `original_ln_after` only move the residual sum.
    Absent,
    /// The model has no such place: an adapter there is not created.
    NoPlace,
}

/// One model type.
#[derive(Debug, PartialEq, Eq)]
pub struct ModelType {
    /// `model_type` as transformers has it.
    pub name: &'static str,
    /// Key of the hidden size in the model's config.
    pub hidden_size: &'static str,
    /// Keys of the numbers of layers, encoder first.
    pub layers: &'static [&'static str],
    /// Key of the number of heads.
    pub heads: &'static str,
    /// Key of the feed-forward width.
    pub feed_forward: &'static str,
    /// Keys of the hidden size, the heads and the feed-forward width of the second stack of layers, where there is one.
    pub second_stack: Option<[&'static str; 3]>,
    /// Key of the width of one head, where the type has one; else it is hidden size ÷ heads.
    pub head_size: Option<&'static str>,
    /// The sizes that transformers takes where the model's config says nothing.
    pub defaults: &'static [(&'static str, u64)],
    /// The layer norm behind the attention (`mh_adapter`).
    pub attention_norm: Norm,
    /// The layer norm behind the feed-forward block (`output_adapter`).
    pub output_norm: Norm,
    /// The layer norm behind the cross-attention (`cross_adapter`).
    pub cross_norm: Norm,
    /// Query, key and value are one matrix (GPT-2's `c_attn`): LoRA updates it in groups.
    pub merged_attention: bool,
    /// The projections are `Conv1D` layers, whose weights stand the other way round.
    pub transposed_weights: bool,
    /// Prompt tuning works.
    pub prompt_tuning: bool,
    /// Invertible adapters work.
    pub invertible: bool,
    /// Reached through the generic interface: no prefix tuning, no MTL-LoRA, no `original_ln_after: false`.
    pub generic: bool,
    /// The feed-forward block gets no residual, as it runs beside the attention: no parallel adapters (Phi).
    pub parallel_blocks: bool,
}

const HIDDEN: &[&str] = &["num_hidden_layers"];
const ENCODER_DECODER: &[&str] = &["encoder_layers", "decoder_layers"];

const BERT: ModelType = ModelType {
    name: "bert",
    hidden_size: "hidden_size",
    layers: HIDDEN,
    heads: "num_attention_heads",
    feed_forward: "intermediate_size",
    second_stack: None,
    head_size: None,
    defaults: &[],
    attention_norm: Norm::Given,
    output_norm: Norm::Given,
    cross_norm: Norm::NoPlace,
    merged_attention: false,
    transposed_weights: false,
    prompt_tuning: true,
    invertible: true,
    generic: false,
    parallel_blocks: false,
};

const BART: ModelType = ModelType {
    name: "bart",
    hidden_size: "d_model",
    layers: ENCODER_DECODER,
    heads: "encoder_attention_heads",
    feed_forward: "encoder_ffn_dim",
    second_stack: Some(["d_model", "decoder_attention_heads", "decoder_ffn_dim"]),
    cross_norm: Norm::Given,
    prompt_tuning: false,
    ..BERT
};

const LLAMA: ModelType = ModelType {
    name: "llama",
    head_size: Some("head_dim"),
    attention_norm: Norm::Absent,
    output_norm: Norm::Absent,
    prompt_tuning: false,
    ..BERT
};

const GPT2: ModelType = ModelType {
    name: "gpt2",
    hidden_size: "n_embd",
    layers: &["n_layer"],
    heads: "n_head",
    feed_forward: "n_inner",
    head_size: None,
    merged_attention: true,
    transposed_weights: true,
    ..LLAMA
};

const MBART: ModelType = ModelType {
    name: "mbart",
    attention_norm: Norm::Absent,
    output_norm: Norm::Absent,
    cross_norm: Norm::Absent,
    ..BART
};

const T5: ModelType = ModelType {
    name: "t5",
    layers: &["num_layers", "num_decoder_layers"],
    heads: "num_heads",
    feed_forward: "d_ff",
    second_stack: Some(["d_model", "num_heads", "d_ff"]),
    head_size: Some("d_kv"),
    defaults: &[("d_kv", 64)],
    ..MBART
};

const VIT: ModelType = ModelType { name: "vit", head_size: None, prompt_tuning: true, invertible: false, ..LLAMA };

const QWEN2: ModelType = ModelType { name: "qwen2", defaults: &[("num_key_value_heads", 32)], generic: true, ..LLAMA };

const GEMMA2: ModelType = ModelType {
    name: "gemma2",
    defaults: &[("num_key_value_heads", 4), ("head_dim", 256)],
    attention_norm: Norm::Given,
    output_norm: Norm::Given,
    ..QWEN2
};

/// Every model type the library knows, those of its generic interface included.
const TYPES: &[ModelType] = &[
    ModelType {
        name: "albert",
        layers: &["num_hidden_groups", "inner_group_num"],
        defaults: &[("num_hidden_groups", 1), ("inner_group_num", 1), ("embedding_size", 128)],
        ..BERT
    },
    BART,
    ModelType { name: "beit", ..VIT },
    BERT,
    ModelType { name: "bert-generation", ..BERT },
    ModelType {
        name: "clip",
        hidden_size: "text_config.hidden_size",
        layers: &["text_config.num_hidden_layers", "vision_config.num_hidden_layers"],
        heads: "text_config.num_attention_heads",
        feed_forward: "text_config.intermediate_size",
        second_stack: Some([
            "vision_config.hidden_size",
            "vision_config.num_attention_heads",
            "vision_config.intermediate_size",
        ]),
        head_size: None,
        ..LLAMA
    },
    ModelType { name: "deberta", merged_attention: true, ..BERT },
    ModelType { name: "deberta-v2", ..BERT },
    ModelType {
        name: "distilbert",
        hidden_size: "dim",
        layers: &["n_layers"],
        heads: "n_heads",
        feed_forward: "hidden_dim",
        ..BERT
    },
    ModelType { name: "electra", defaults: &[("embedding_size", 128)], ..BERT },
    ModelType {
        name: "encoder-decoder",
        hidden_size: "encoder.hidden_size",
        layers: &["encoder.num_hidden_layers", "decoder.num_hidden_layers"],
        heads: "encoder.num_attention_heads",
        feed_forward: "encoder.intermediate_size",
        prompt_tuning: false,
        ..BERT
    },
    GEMMA2,
    ModelType { name: "gemma3_text", ..GEMMA2 },
    GPT2,
    ModelType { name: "gptj", merged_attention: false, transposed_weights: false, ..GPT2 },
    LLAMA,
    MBART,
    ModelType { name: "mistral", defaults: &[("num_key_value_heads", 8)], ..LLAMA },
    ModelType {
        name: "modernbert",
        head_size: None,
        defaults: &[],
        attention_norm: Norm::Given,
        merged_attention: true,
        ..QWEN2
    },
    ModelType { name: "mt5", ..T5 },
    ModelType { name: "phi", defaults: &[], parallel_blocks: true, ..QWEN2 },
    ModelType { name: "plbart", ..BART },
    QWEN2,
    ModelType { name: "qwen3", defaults: &[("num_key_value_heads", 32), ("head_dim", 128)], ..QWEN2 },
    ModelType { name: "roberta", ..BERT },
    T5,
    VIT,
    ModelType { name: "whisper", ..MBART },
    ModelType { name: "xlm-roberta", ..BERT },
    ModelType { name: "xmod", attention_norm: Norm::Absent, ..BERT },
];

impl ModelType {
    /// The row of a model type.
    #[must_use]
    pub fn of(name: &str) -> Option<&'static Self> {
        TYPES.iter().find(|row| row.name == name)
    }

    /// All rows, by name.
    #[must_use]
    pub fn all() -> &'static [Self] {
        TYPES
    }

    /// Whether an encoder and a decoder, with sequences of their own, share the adapter.
    #[must_use]
    pub fn has_decoder_beside_encoder(&self) -> bool {
        self.cross_norm != Norm::NoPlace || Quirk::TwoModels.is_of(self.name)
    }

    /// What transformers takes for a key that the model's config does not have.
    pub(super) fn default_of(&self, key: &str) -> Option<u64> {
        self.defaults.iter().find(|(name, _)| *name == key).map(|(_, size)| *size)
    }

    /// The layer norm at the place of `mh_adapter`, `output_adapter` or `cross_adapter`.
    #[must_use]
    pub fn norm_at(&self, place: &str) -> Norm {
        match place {
            "mh_adapter" => self.attention_norm,
            "output_adapter" => self.output_norm,
            _ => self.cross_norm,
        }
    }
}
