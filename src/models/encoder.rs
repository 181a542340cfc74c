//! Encoders of BERT's kind: what their tensors are called, and which keys of their config say what (transformers
//! 4.57.6). Their layer norms follow the residual sums.

/// One model type: a row of names. `{L}` stands for the number of a layer.
#[derive(Debug, PartialEq)]
pub struct EncoderType {
    /// `model_type` as transformers has it.
    pub name: &'static str,
    /// What stands before the names where a class with a head was saved.
    pub prefix: &'static str,
    /// The token embeddings.
    pub word: &'static str,
    /// The position embeddings.
    pub position: &'static str,
    /// The segment embeddings, if the model has them.
    pub segment: Option<&'static str>,
    /// The layer norm of the embeddings.
    pub embedding_norm: &'static str,
    /// From the embeddings' size to the hidden size, where the two differ.
    pub projection: Option<&'static str>,
    /// One layer.
    pub layer: &'static str,
    /// Query, key and value within it.
    pub attention: [&'static str; 3],
    /// The projection behind the attention, and its layer norm.
    pub attention_output: [&'static str; 2],
    /// The two linear layers of the feed-forward block, and its layer norm.
    pub feed_forward: [&'static str; 3],
    /// The pooler, if the model has one.
    pub pooler: Option<&'static str>,
    /// The config's key of the activation.
    pub activation: &'static str,
    /// The config's key of the layer norms' `ε`; none where it is 1e-12 always.
    pub epsilon: Option<&'static str>,
    /// The padding token's number where the config does not say.
    pub padding: i64,
    /// Whether positions are counted from the padding token's number on, over the text only.
    pub counts_behind_padding: bool,
    /// The masks of PyTorch's fused attention, transformers' default where a model has it.
    pub fused: Option<Masks>,
    /// The masks of attention written out (`eager`).
    pub eager: Masks,
}

/// What a model's attention does with padding, and `adapters` 1.3.0 with what it puts before the input.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Masks {
    /// Whether one mask serves all queries of an example, instead of one for each. There is always a mask then; else
    /// there is none where the input has no padding.
    pub shared: bool,
    /// What is added to the scores of a prefix's or prompt's positions: 0 as it should be, but 1 where the library takes
    /// the mask for one of ones and zeros (`models/distilbert/modeling_distilbert.py`).
    pub prefix: f64,
    /// What is added to the scores of positions that fill up shorter prefixes in a batch
    /// (`methods/prefix_tuning.py`, `PrefixTuningLayer.pad_and_concat`).
    pub filled: f64,
}

/// Of attention written out.
const SHARED: Masks = Masks { shared: true, prefix: 0.0, filled: 1.0 };
/// Of PyTorch's fused attention.
const PER_QUERY: Masks = Masks { shared: false, ..SHARED };

const BERT: EncoderType = EncoderType {
    name: "bert",
    prefix: "bert.",
    word: "embeddings.word_embeddings",
    position: "embeddings.position_embeddings",
    segment: Some("embeddings.token_type_embeddings"),
    embedding_norm: "embeddings.LayerNorm",
    projection: None,
    layer: "encoder.layer.{L}.",
    attention: ["attention.self.query", "attention.self.key", "attention.self.value"],
    attention_output: ["attention.output.dense", "attention.output.LayerNorm"],
    feed_forward: ["intermediate.dense", "output.dense", "output.LayerNorm"],
    pooler: Some("pooler.dense"),
    activation: "hidden_act",
    epsilon: Some("layer_norm_eps"),
    padding: 0,
    counts_behind_padding: false,
    fused: Some(PER_QUERY),
    eager: SHARED,
};

const ROBERTA: EncoderType =
    EncoderType { name: "roberta", prefix: "roberta.", padding: 1, counts_behind_padding: true, ..BERT };

/// Every type that can be run.
const TYPES: &[EncoderType] = &[
    BERT,
    EncoderType { name: "bert-generation", segment: None, pooler: None, fused: None, ..BERT },
    EncoderType {
        name: "distilbert",
        prefix: "distilbert.",
        segment: None,
        layer: "transformer.layer.{L}.",
        attention: ["attention.q_lin", "attention.k_lin", "attention.v_lin"],
        attention_output: ["attention.out_lin", "sa_layer_norm"],
        feed_forward: ["ffn.lin1", "ffn.lin2", "output_layer_norm"],
        pooler: None,
        activation: "activation",
        epsilon: None,
        fused: Some(Masks { prefix: 1.0, filled: 0.0, ..PER_QUERY }),
        // Here the mask is one of ones and zeros, and what is 0 is hidden.
        eager: Masks { filled: f32::MIN as f64, ..SHARED },
        ..BERT
    },
    EncoderType {
        name: "electra",
        prefix: "electra.",
        projection: Some("embeddings_project"),
        pooler: None,
        fused: None,
        ..BERT
    },
    ROBERTA,
    EncoderType { name: "xlm-roberta", ..ROBERTA },
];

impl EncoderType {
    /// The row of a model type.
    #[must_use]
    pub fn of(name: &str) -> Option<&'static Self> {
        TYPES.iter().find(|row| row.name == name)
    }

    /// The types there are.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TYPES.iter().map(|row| row.name)
    }
}
