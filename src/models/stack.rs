use super::{MAX_LAYERS, ModelType, Quirk, find, number};
use crate::document::Node;
use crate::value::Value;

/// A stack of equal layers, with the sizes of its modules. A size that the model's config does not give is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stack {
    /// The number of layers; in ALBERT of those that have weights of their own.
    pub layers: Option<u64>,
    /// How many of the layers form a group, in ALBERT.
    pub group: Option<u64>,
    /// Hidden size.
    pub hidden_size: Option<u64>,
    /// Attention heads, of which each has queries.
    pub heads: Option<u64>,
    /// Heads that have keys and values.
    pub key_value_heads: Option<u64>,
    /// Width of one head, where the model's config gives it.
    pub head_size: Option<u64>,
    /// Width between the two linear layers of the feed-forward block.
    pub feed_forward_size: Option<u64>,
    /// Whether a gate stands beside the first linear layer of the feed-forward block, in T5.
    pub gated: bool,
    /// Whether the layers attend to another sequence as well.
    pub cross_attention: bool,
}

impl Stack {
    /// The outputs of the query projection.
    #[must_use]
    pub fn query_size(&self) -> Option<u64> {
        match self.head_size {
            Some(size) => size.checked_mul(self.heads?),
            None => self.hidden_size,
        }
    }

    /// The outputs of the key projection, and of the value projection.
    #[must_use]
    pub fn key_size(&self) -> Option<u64> {
        if self.key_value_heads == self.heads {
            return self.query_size();
        }
        let size = self.head_size.or_else(|| self.hidden_size?.checked_div(self.heads?))?;
        size.checked_mul(self.key_value_heads?)
    }
}

/// The stacks of a model of this type.
pub(super) fn stacks(row: &ModelType, config: &Node) -> Vec<Stack> {
    let first = Stack {
        layers: None,
        group: size(row, config, "inner_group_num").filter(|_| row.layers.contains(&"inner_group_num")),
        hidden_size: number(config, row.hidden_size).or_else(|| number(config, "hidden_size")),
        heads: number(config, row.heads).or_else(|| number(config, "num_attention_heads")),
        key_value_heads: None,
        head_size: row.head_size.and_then(|key| size(row, config, key)),
        feed_forward_size: number(config, row.feed_forward).or_else(|| number(config, "intermediate_size")),
        gated: is_gated(row, config),
        cross_attention: find(config, "add_cross_attention").map(Node::to_value) == Some(Value::Bool(true)),
    };
    let key_value_heads = |heads| row.head_size.and(size(row, config, "num_key_value_heads")).or(heads);
    let first = Stack {
        key_value_heads: key_value_heads(first.heads),
        // GPT-2 and GPT-J: null means four times the hidden size.
        feed_forward_size: first
            .feed_forward_size
            .or_else(|| first.hidden_size?.checked_mul(4).filter(|_| row.feed_forward == "n_inner")),
        ..first
    };
    let limit = |layers: Option<u64>| layers.filter(|layers| *layers <= MAX_LAYERS);
    match (row.layers, row.second_stack) {
        (_, None) if Quirk::TwoModels.is_of(row.name) => Vec::new(),
        (["num_hidden_groups", _], _) => {
            let groups = size(row, config, "num_hidden_groups");
            let layers = groups.and_then(|groups| groups.checked_mul(first.group?));
            vec![Stack { layers: limit(layers), ..first }]
        }
        ([encoder, decoder], Some([hidden_size, heads, feed_forward])) => {
            let layers = number(config, encoder);
            let heads = number(config, heads);
            let second = Stack {
                // T5's decoder is as deep as the encoder unless it says otherwise.
                layers: limit(number(config, decoder).or_else(|| layers.filter(|_| row.name.ends_with("t5")))),
                hidden_size: number(config, hidden_size),
                heads,
                key_value_heads: key_value_heads(heads),
                feed_forward_size: number(config, feed_forward),
                cross_attention: row.has_decoder_beside_encoder(),
                ..first
            };
            vec![Stack { layers: limit(layers), cross_attention: false, ..first }, second]
        }
        (keys, _) => {
            let layers = keys.first().and_then(|key| number(config, key));
            vec![Stack { layers: limit(layers.or_else(|| number(config, "num_hidden_layers"))), ..first }]
        }
    }
}

/// The size of a key, or what transformers takes in its place.
fn size(row: &ModelType, config: &Node, key: &str) -> Option<u64> {
    match find(config, key) {
        None => row.default_of(key),
        Some(_) => number(config, key),
    }
}

fn is_gated(row: &ModelType, config: &Node) -> bool {
    match find(config, "feed_forward_proj").and_then(Node::as_str) {
        Some(name) => name.starts_with("gated-"),
        None => Quirk::Gated.is_of(row.name),
    }
}
