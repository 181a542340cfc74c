//! The rows.

use super::Projection::{CrossKey, CrossQuery, CrossValue, Intermediate, Key, Merged, Output, Query, Value};
use super::Size::{FeedForward, GatedFeedForward, Hidden, Keys, Queries};
use super::When::{Always, Cross, Gated, Ungated};
use super::{CrossKey as ByKey, Layer, Linear, Prefix, Projection, Sites, Size, When};

const fn linear(projection: Projection, path: &'static str, inputs: Size, outputs: Size) -> Linear {
    Linear { projection, when: Always, path, inputs, outputs }
}

const fn only(when: When, projection: Projection, path: &'static str, inputs: Size, outputs: Size) -> Linear {
    Linear { projection, when, path, inputs, outputs }
}

const fn prefix(path: &'static str, location: &'static str) -> Prefix {
    Prefix { when: Always, path, location }
}

const fn cross_prefix(path: &'static str) -> Prefix {
    Prefix { when: Cross, path, location: "cross_prefix" }
}

const BERT_LAYER: Layer = Layer {
    path: "encoder.layer.{L}",
    linears: &[
        linear(Query, "attention.self.query", Hidden, Queries),
        linear(Key, "attention.self.key", Hidden, Keys),
        linear(Value, "attention.self.value", Hidden, Keys),
        only(Cross, CrossQuery, "crossattention.self.query", Hidden, Queries),
        only(Cross, CrossKey, "crossattention.self.key", Hidden, Keys),
        only(Cross, CrossValue, "crossattention.self.value", Hidden, Keys),
        linear(Intermediate, "intermediate.dense", Hidden, FeedForward),
        linear(Output, "output.dense", FeedForward, Hidden),
    ],
    attention_adapters: "attention.output",
    cross_adapters: Some(("crossattention.output", ByKey::MhAdapter)),
    output_adapters: "output",
    prefixes: &[prefix("attention.self", "self_prefix"), cross_prefix("crossattention.self")],
};

const BERT: Sites = Sites {
    model_type: "bert",
    attribute: "bert",
    layers: &[BERT_LAYER],
    invertible: "invertible_adapters",
    separate_configs: false,
};

const ROBERTA: Sites = Sites { model_type: "roberta", attribute: "roberta", ..BERT };

const DISTILBERT_LAYER: Layer = Layer {
    path: "transformer.layer.{L}",
    linears: &[
        linear(Query, "attention.q_lin", Hidden, Queries),
        linear(Key, "attention.k_lin", Hidden, Keys),
        linear(Value, "attention.v_lin", Hidden, Keys),
        linear(Intermediate, "ffn.lin1", Hidden, FeedForward),
        linear(Output, "ffn.lin2", FeedForward, Hidden),
    ],
    attention_adapters: "attention_adapters",
    cross_adapters: None,
    output_adapters: "output_adapters",
    prefixes: &[prefix("attention", "self")],
};

const DEBERTA_LAYER: Layer = Layer {
    linears: &[
        linear(Merged, "attention.self.in_proj", Hidden, Size::Merged),
        linear(Intermediate, "intermediate.dense", Hidden, FeedForward),
        linear(Output, "output.dense", FeedForward, Hidden),
    ],
    cross_adapters: None,
    prefixes: &[prefix("attention.self", "self_prefix")],
    ..BERT_LAYER
};

const DEBERTA_V2_LAYER: Layer = Layer {
    linears: &[
        linear(Query, "attention.self.query_proj", Hidden, Queries),
        linear(Key, "attention.self.key_proj", Hidden, Keys),
        linear(Value, "attention.self.value_proj", Hidden, Keys),
        linear(Intermediate, "intermediate.dense", Hidden, FeedForward),
        linear(Output, "output.dense", FeedForward, Hidden),
    ],
    ..DEBERTA_LAYER
};

const ALBERT_LAYER: Layer = Layer {
    path: "encoder.albert_layer_groups.{G}.albert_layers.{L}",
    linears: &[
        linear(Query, "attention.query", Hidden, Queries),
        linear(Key, "attention.key", Hidden, Keys),
        linear(Value, "attention.value", Hidden, Keys),
        linear(Intermediate, "ffn", Hidden, FeedForward),
        linear(Output, "ffn_output", FeedForward, Hidden),
    ],
    attention_adapters: "attention.attention_adapters",
    cross_adapters: None,
    output_adapters: "output_adapters",
    prefixes: &[prefix("attention", "self_prefix")],
};

const BEIT_LAYER: Layer = Layer {
    path: "encoder.layer.{L}",
    linears: &[
        linear(Query, "attention.attention.query", Hidden, Queries),
        linear(Key, "attention.attention.key", Hidden, Keys),
        linear(Value, "attention.attention.value", Hidden, Keys),
        linear(Intermediate, "intermediate.dense", Hidden, FeedForward),
        linear(Output, "output.dense", FeedForward, Hidden),
    ],
    attention_adapters: "attention_adapters",
    cross_adapters: None,
    output_adapters: "output_adapters",
    prefixes: &[prefix("attention.attention", "self_prefix")],
};

const VIT_LAYER: Layer = Layer { output_adapters: "output.output_adapters", ..BEIT_LAYER };

const GPT2_LAYER: Layer = Layer {
    path: "h.{L}",
    linears: &[
        linear(Merged, "attn.c_attn", Hidden, Size::Merged),
        linear(Intermediate, "mlp.c_fc", Hidden, FeedForward),
        linear(Output, "mlp.c_proj", FeedForward, Hidden),
    ],
    attention_adapters: "attention_adapters",
    cross_adapters: None,
    output_adapters: "output_adapters",
    prefixes: &[prefix("attn", "self_prefix"), cross_prefix("crossattention")],
};

const GPTJ_LAYER: Layer = Layer {
    linears: &[
        linear(Key, "attn.k_proj", Hidden, Keys),
        linear(Value, "attn.v_proj", Hidden, Keys),
        linear(Query, "attn.q_proj", Hidden, Queries),
        linear(Intermediate, "mlp.fc_in", Hidden, FeedForward),
        linear(Output, "mlp.fc_out", FeedForward, Hidden),
    ],
    prefixes: &[prefix("attn", "self_prefix")],
    ..GPT2_LAYER
};

const GPT2: Sites = Sites { model_type: "gpt2", attribute: "transformer", layers: &[GPT2_LAYER], ..BERT };

/// The two linear layers of the feed-forward block stand in each other's place.
const LLAMA_LAYER: Layer = Layer {
    path: "layers.{L}",
    linears: &[
        linear(Query, "self_attn.q_proj", Hidden, Queries),
        linear(Key, "self_attn.k_proj", Hidden, Keys),
        linear(Value, "self_attn.v_proj", Hidden, Keys),
        linear(Output, "mlp.up_proj", Hidden, FeedForward),
        linear(Intermediate, "mlp.down_proj", FeedForward, Hidden),
    ],
    attention_adapters: "attention_adapters",
    cross_adapters: None,
    output_adapters: "output_adapters",
    prefixes: &[prefix("self_attn", "self_prefix")],
};

const LLAMA: Sites = Sites { model_type: "llama", attribute: "model", layers: &[LLAMA_LAYER], ..BERT };

const QWEN2_LAYER: Layer = Layer {
    linears: &[
        linear(Query, "self_attn.q_proj", Hidden, Queries),
        linear(Key, "self_attn.k_proj", Hidden, Keys),
        linear(Value, "self_attn.v_proj", Hidden, Keys),
        linear(Intermediate, "mlp.up_proj", Hidden, FeedForward),
        linear(Output, "mlp.down_proj", FeedForward, Hidden),
    ],
    prefixes: &[],
    ..LLAMA_LAYER
};

const PHI_LAYER: Layer = Layer {
    linears: &[
        linear(Query, "self_attn.q_proj", Hidden, Queries),
        linear(Key, "self_attn.k_proj", Hidden, Keys),
        linear(Value, "self_attn.v_proj", Hidden, Keys),
        linear(Intermediate, "mlp.fc1", Hidden, FeedForward),
        linear(Output, "mlp.fc2", FeedForward, Hidden),
    ],
    ..QWEN2_LAYER
};

const MODERNBERT_LAYER: Layer = Layer {
    linears: &[
        linear(Merged, "attn.Wqkv", Hidden, Size::Merged),
        linear(Intermediate, "mlp.Wi", Hidden, GatedFeedForward),
        linear(Output, "mlp.Wo", FeedForward, Hidden),
    ],
    ..QWEN2_LAYER
};

const QWEN2: Sites = Sites { model_type: "qwen2", layers: &[QWEN2_LAYER], ..LLAMA };

const BART_ENCODER: Layer = Layer {
    path: "encoder.layers.{L}",
    linears: &[
        linear(Key, "self_attn.k_proj", Hidden, Keys),
        linear(Value, "self_attn.v_proj", Hidden, Keys),
        linear(Query, "self_attn.q_proj", Hidden, Queries),
        linear(Intermediate, "fc1", Hidden, FeedForward),
        linear(Output, "fc2", FeedForward, Hidden),
    ],
    attention_adapters: "attention_adapters",
    cross_adapters: None,
    output_adapters: "output_adapters",
    prefixes: &[prefix("self_attn", "encoder_prefix")],
};

const BART_DECODER: Layer = Layer {
    path: "decoder.layers.{L}",
    linears: &[
        linear(Key, "self_attn.k_proj", Hidden, Keys),
        linear(Value, "self_attn.v_proj", Hidden, Keys),
        linear(Query, "self_attn.q_proj", Hidden, Queries),
        only(Cross, CrossKey, "encoder_attn.k_proj", Hidden, Keys),
        only(Cross, CrossValue, "encoder_attn.v_proj", Hidden, Keys),
        only(Cross, CrossQuery, "encoder_attn.q_proj", Hidden, Queries),
        linear(Intermediate, "fc1", Hidden, FeedForward),
        linear(Output, "fc2", FeedForward, Hidden),
    ],
    cross_adapters: Some(("cross_attention_adapters", ByKey::CrossAdapter)),
    prefixes: &[prefix("self_attn", "self_prefix"), cross_prefix("encoder_attn")],
    ..BART_ENCODER
};

const BART: Sites = Sites {
    model_type: "bart",
    attribute: "model",
    layers: &[BART_ENCODER, BART_DECODER],
    invertible: "encoder.invertible_adapters",
    ..BERT
};

const T5_ENCODER: Layer = Layer {
    path: "encoder.block.{L}",
    linears: &[
        linear(Query, "layer.0.SelfAttention.q", Hidden, Queries),
        linear(Key, "layer.0.SelfAttention.k", Hidden, Keys),
        linear(Value, "layer.0.SelfAttention.v", Hidden, Keys),
        only(Ungated, Intermediate, "layer.1.DenseReluDense.wi", Hidden, FeedForward),
        only(Gated, Intermediate, "layer.1.DenseReluDense.wi_1", Hidden, FeedForward),
        linear(Output, "layer.1.DenseReluDense.wo", FeedForward, Hidden),
    ],
    attention_adapters: "layer.0",
    cross_adapters: None,
    output_adapters: "layer.1",
    prefixes: &[prefix("layer.0.SelfAttention", "encoder_prefix")],
};

const T5_DECODER: Layer = Layer {
    path: "decoder.block.{L}",
    linears: &[
        linear(Query, "layer.0.SelfAttention.q", Hidden, Queries),
        linear(Key, "layer.0.SelfAttention.k", Hidden, Keys),
        linear(Value, "layer.0.SelfAttention.v", Hidden, Keys),
        only(Cross, CrossQuery, "layer.1.EncDecAttention.q", Hidden, Queries),
        only(Cross, CrossKey, "layer.1.EncDecAttention.k", Hidden, Keys),
        only(Cross, CrossValue, "layer.1.EncDecAttention.v", Hidden, Keys),
        only(Ungated, Intermediate, "layer.2.DenseReluDense.wi", Hidden, FeedForward),
        only(Gated, Intermediate, "layer.2.DenseReluDense.wi_1", Hidden, FeedForward),
        linear(Output, "layer.2.DenseReluDense.wo", FeedForward, Hidden),
    ],
    attention_adapters: "layer.0",
    cross_adapters: Some(("layer.1", ByKey::CrossAdapter)),
    output_adapters: "layer.2",
    prefixes: &[prefix("layer.0.SelfAttention", "self_prefix"), cross_prefix("layer.1.EncDecAttention")],
};

const T5: Sites = Sites { model_type: "t5", attribute: "transformer", layers: &[T5_ENCODER, T5_DECODER], ..BART };

const CLIP_TEXT: Layer = Layer {
    path: "text_model.encoder.layers.{L}",
    linears: &[
        linear(Key, "self_attn.k_proj", Hidden, Keys),
        linear(Value, "self_attn.v_proj", Hidden, Keys),
        linear(Query, "self_attn.q_proj", Hidden, Queries),
        linear(Intermediate, "mlp.fc1", Hidden, FeedForward),
        linear(Output, "mlp.fc2", FeedForward, Hidden),
    ],
    prefixes: &[prefix("self_attn", "clip_text_model_self_prefix")],
    ..BART_ENCODER
};

const CLIP_VISION: Layer = Layer {
    path: "vision_model.encoder.layers.{L}",
    prefixes: &[prefix("self_attn", "clip_vision_model_self_prefix")],
    ..CLIP_TEXT
};

/// Every type of [`ModelType`](crate::models::ModelType) but `encoder-decoder`, which is made of two others.
pub(super) const ROWS: &[Sites] = &[
    Sites { model_type: "albert", attribute: "albert", layers: &[ALBERT_LAYER], ..BERT },
    BART,
    Sites { model_type: "beit", attribute: "beit", layers: &[BEIT_LAYER], ..BERT },
    BERT,
    Sites { model_type: "bert-generation", ..BERT },
    Sites {
        model_type: "clip",
        attribute: "clip",
        layers: &[CLIP_TEXT, CLIP_VISION],
        invertible: "text_model.invertible_adapters",
        separate_configs: true,
    },
    Sites { model_type: "deberta", attribute: "deberta", layers: &[DEBERTA_LAYER], ..BERT },
    Sites { model_type: "deberta-v2", attribute: "deberta", layers: &[DEBERTA_V2_LAYER], ..BERT },
    Sites { model_type: "distilbert", attribute: "distilbert", layers: &[DISTILBERT_LAYER], ..BERT },
    Sites { model_type: "electra", attribute: "electra", ..BERT },
    Sites { model_type: "gemma2", ..QWEN2 },
    Sites { model_type: "gemma3_text", ..QWEN2 },
    GPT2,
    Sites { model_type: "gptj", layers: &[GPTJ_LAYER], ..GPT2 },
    LLAMA,
    Sites { model_type: "mbart", ..BART },
    Sites { model_type: "mistral", ..LLAMA },
    Sites { model_type: "modernbert", layers: &[MODERNBERT_LAYER], ..QWEN2 },
    Sites { model_type: "mt5", ..T5 },
    Sites { model_type: "phi", layers: &[PHI_LAYER], ..QWEN2 },
    Sites { model_type: "plbart", ..BART },
    QWEN2,
    Sites { model_type: "qwen3", ..QWEN2 },
    ROBERTA,
    T5,
    Sites { model_type: "vit", attribute: "vit", layers: &[VIT_LAYER], ..BERT },
    Sites { model_type: "whisper", ..BART },
    Sites { model_type: "xlm-roberta", ..ROBERTA },
    Sites { model_type: "xmod", ..ROBERTA },
];
