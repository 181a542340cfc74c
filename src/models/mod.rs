//! Base models: their sizes, their layers, and what `adapters` can place in them. One row a model type
//! ([`types`](self)), recorded from the library; sizes are read from the model's own `config.json`.

mod encoder;
#[cfg(feature = "oracle")]
pub(crate) mod former;
mod nearby;
mod quirks;
mod stack;
pub mod tree;
mod types;
mod well_known;

pub use encoder::{EncoderType, Masks};
pub use nearby::FindError;
pub(crate) use quirks::Quirk;
pub use stack::Stack;
pub use tree::Tree;
pub use types::{ModelType, Norm};

use crate::document::Node;
use crate::value::{Map, Value};

/// No model has more layers than this; a config that says so is not believed, since every layer is looked at.
pub(crate) const MAX_LAYERS: u64 = 4096;

/// A base model, as far as it is known. A size that the config does not give is `None`, and nothing is judged by it.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// `model_type` as transformers has it.
    pub model_type: String,
    /// What the library can do with this type; `None` for a type it does not know.
    pub support: Option<&'static ModelType>,
    /// Hidden size (of the encoder, where there are two).
    pub hidden_size: Option<u64>,
    /// Layers that adapters count, encoder first.
    pub layers: Option<u64>,
    /// How many of these layers are the encoder's, where a decoder's follow.
    pub encoder_layers: Option<u64>,
    /// Attention heads.
    pub heads: Option<u64>,
    /// Key and value heads, where they are fewer than the heads.
    pub key_value_heads: Option<u64>,
    /// Width of one head, where it is not hidden size ÷ heads.
    pub head_size: Option<u64>,
    /// Width of the feed-forward layer.
    pub feed_forward_size: Option<u64>,
    /// Width of the embeddings, where it is not the hidden size (ALBERT, ELECTRA).
    pub embedding_size: Option<u64>,
    /// Size of the vocabulary, where output layers share their weights with the embeddings.
    pub tied_vocabulary_size: Option<u64>,
    /// The longest sequence.
    pub max_positions: Option<u64>,
    /// The type of the weights (`torch_dtype` or `dtype`), such as `float16`.
    pub dtype: Option<String>,
    /// How many parameters the base model has, as `adapter_summary` counts them; of well-known models only.
    pub parameters: Option<u64>,
    /// The stacks of layers in the order in which adapters count them; none for a type that is not known, and for an
    /// `EncoderDecoderModel`, whose `parts` have them.
    pub stacks: Vec<Stack>,
    /// The encoder and the decoder of an `EncoderDecoderModel`: models of their own.
    pub parts: Vec<Self>,
    /// The model's own config, from which the tree of its modules follows.
    pub config: Option<Map>,
}

impl Model {
    /// Reads a model's `config.json`. `None` if it is no object with a `model_type`.
    #[must_use]
    pub fn from_config(config: &Node) -> Option<Self> {
        let model_type = config.get("model_type")?.as_str()?.to_owned();
        let support = ModelType::of(&model_type);
        let size = |paths: &[&str]| support.and(paths.iter().find_map(|path| number(config, path)));
        let with = |specific: &'static str, common: &'static str| size(&[specific, common]);
        let layers = support.and_then(|row| layers(row, config));
        Some(Self {
            hidden_size: support
                .map_or_else(|| number(config, "hidden_size"), |row| with(row.hidden_size, "hidden_size")),
            layers: layers.filter(|layers| *layers <= MAX_LAYERS),
            encoder_layers: support
                .filter(|row| {
                    row.layers.len() == 2 && row.has_decoder_beside_encoder() && !Quirk::TwoModels.is_of(row.name)
                })
                .and_then(|row| number(config, row.layers[0]))
                .filter(|layers| *layers <= MAX_LAYERS),
            heads: support.and_then(|row| with(row.heads, "num_attention_heads")),
            key_value_heads: size(&["num_key_value_heads"]),
            head_size: size(&["d_kv"]),
            feed_forward_size: support.and_then(|row| with(row.feed_forward, "intermediate_size")),
            embedding_size: size(&["embedding_size"]).or_else(|| support?.default_of("embedding_size")),
            tied_vocabulary_size: number(config, "vocab_size").filter(|_| is_tied(config, &model_type)),
            max_positions: size(&["max_position_embeddings", "n_positions", "max_target_positions"]),
            dtype: ["dtype", "torch_dtype"].iter().find_map(|key| config.get(key)?.as_str().map(str::to_owned)),
            parameters: None,
            stacks: support.map(|row| stack::stacks(row, config)).unwrap_or_default(),
            parts: if Quirk::TwoModels.is_of(&model_type) { parts(config) } else { Vec::new() },
            config: config.to_value().as_map().cloned(),
            model_type,
            support,
        })
    }

    /// What a whole `adapter_config.json` says of its base model: the type and the hidden size.
    #[must_use]
    pub fn of_adapter(root: &Node) -> Option<Self> {
        root.get("config")?;
        let model_type = root.get("model_type")?.as_str()?.to_owned();
        Some(Self {
            support: ModelType::of(&model_type),
            hidden_size: number(root, "hidden_size"),
            model_type,
            layers: None,
            encoder_layers: None,
            heads: None,
            key_value_heads: None,
            head_size: None,
            feed_forward_size: None,
            embedding_size: None,
            tied_vocabulary_size: None,
            max_positions: None,
            dtype: None,
            parameters: None,
            stacks: Vec::new(),
            parts: Vec::new(),
            config: None,
        })
    }

    /// A well-known model by its name on the Hugging Face hub.
    #[must_use]
    pub fn well_known(name: &str) -> Option<Self> {
        well_known::find(name)
    }

    /// The model that a config names, if it lies on this machine: in a folder of that name, or among what Hugging Face's
    /// libraries have downloaded; else a well-known model. `revision` is a branch, a tag or a commit of the repository.
    ///
    /// # Errors
    /// If it is there and cannot be used.
    pub fn nearby(name: &str, revision: Option<&str>) -> Result<Option<Self>, FindError> {
        nearby::find(name, revision)
    }

    /// The model that a user names: by the path of its `config.json` or of the folder that has it, or a well-known one.
    ///
    /// # Errors
    /// If there is none, or it cannot be used.
    pub fn named(text: &str) -> Result<Self, FindError> {
        nearby::named(text)
    }

    /// The names that [`Model::well_known`] knows.
    pub fn well_known_names() -> impl Iterator<Item = &'static str> {
        well_known::names()
    }

    /// Whether there is a layer of this number, counted from 0; `None` if the number of layers is not known.
    #[must_use]
    pub fn has_layer(&self, index: i64) -> Option<bool> {
        self.layers.map(|layers| u64::try_from(index).is_ok_and(|index| index < layers))
    }

    /// The dropout that AdapterHub's heads take for the model's own.
    pub(crate) fn dropout(&self) -> Option<f64> {
        let key = match self.model_type.as_str() {
            "bart" | "distilbert" | "mbart" => "dropout",
            "gpt2" => "resid_pdrop",
            "t5" => "dropout_rate",
            _ => "hidden_dropout_prob",
        };
        self.config.as_ref()?.get(key)?.as_f64()
    }
}

/// The number of layers that adapters count in a model of this type.
fn layers(row: &ModelType, config: &Node) -> Option<u64> {
    match row.layers {
        [one] => number(config, one).or_else(|| number(config, "num_hidden_layers")),
        ["num_hidden_groups", "inner_group_num"] => {
            number(config, "num_hidden_groups")?.checked_mul(number(config, "inner_group_num")?)
        }
        [encoder, decoder] => {
            let encoder = number(config, encoder)?;
            // T5's decoder is as deep as the encoder unless it says otherwise.
            let decoder = number(config, decoder).unwrap_or(encoder);
            // An `EncoderDecoderModel` counts the layers of both from 0.
            if Quirk::TwoModels.is_of(row.name) { Some(encoder.max(decoder)) } else { encoder.checked_add(decoder) }
        }
        _ => None,
    }
}

/// The models in an `EncoderDecoderModel`; none if one of them cannot be read.
fn parts(config: &Node) -> Vec<Model> {
    let part = |key| config.get(key).and_then(Model::from_config);
    match (part("encoder"), part("decoder")) {
        (Some(encoder), Some(decoder)) => vec![encoder, decoder],
        _ => Vec::new(),
    }
}

/// Whether output layers share their weights with the embeddings: so in most models unless the config says otherwise.
fn is_tied(config: &Node, model_type: &str) -> bool {
    match config.get("tie_word_embeddings").map(Node::to_value) {
        Some(Value::Bool(tied)) => tied,
        _ => !Quirk::Untied.is_of(model_type),
    }
}

/// The value at a dotted path.
fn find<'n>(config: &'n Node, path: &str) -> Option<&'n Node> {
    path.split('.').try_fold(config, |node, part| node.get(part))
}

/// The number at a dotted path.
fn number(config: &Node, path: &str) -> Option<u64> {
    match find(config, path)?.to_value() {
        Value::Int(int) => u64::try_from(int.as_i64()?).ok().filter(|size| *size > 0),
        _ => None,
    }
}
