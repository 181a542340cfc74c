//! Where a base model has places for adapters: module paths, one row a model type, as adapters 1.3.0 has them
//! (`fixtures/parameters`).

mod table;

/// The places in a model type. Paths are those of the bare base model.
#[derive(Debug)]
pub struct Sites {
    /// `model_type` as transformers has it.
    pub model_type: &'static str,
    /// The base model's attribute in a class with heads.
    pub attribute: &'static str,
    /// The layers, one row a stack.
    pub layers: &'static [Layer],
    /// Where invertible adapters are kept.
    pub invertible: &'static str,
    /// Whether each stack goes by a config of its own: CLIP's towers. Else the heads of the first stack are taken for
    /// those of all, in prefixes.
    pub separate_configs: bool,
}

/// The places in a layer. Paths are relative to the layer.
#[derive(Debug)]
pub struct Layer {
    /// The path of a layer: `{L}` is its number within the stack, or within the group `{G}`.
    pub path: &'static str,
    /// The linear layers that LoRA and its kin update, in the order of PyTorch's modules.
    pub linears: &'static [Linear],
    /// Bottleneck adapters behind the attention (`mh_adapter`).
    pub attention_adapters: &'static str,
    /// Bottleneck adapters behind the attention to another sequence, and the key that asks for them.
    pub cross_adapters: Option<(&'static str, CrossKey)>,
    /// Bottleneck adapters behind the feed-forward block (`output_adapter`).
    pub output_adapters: &'static str,
    /// The attention blocks that take a prefix.
    pub prefixes: &'static [Prefix],
}

/// The key that asks for bottleneck adapters behind the attention to another sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrossKey {
    /// `cross_adapter`.
    CrossAdapter,
    /// `mh_adapter`: the block is of the same class as the self-attention. `cross_adapter` does nothing.
    MhAdapter,
}

/// A linear layer.
#[derive(Debug)]
pub struct Linear {
    /// Its part in the layer.
    pub projection: Projection,
    /// The layers that have it.
    pub when: When,
    /// Its path.
    pub path: &'static str,
    /// Its inputs.
    pub inputs: Size,
    /// Its outputs.
    pub outputs: Size,
}

/// An attention block that takes a prefix.
#[derive(Debug)]
pub struct Prefix {
    /// The layers that have it.
    pub when: When,
    /// Its path.
    pub path: &'static str,
    /// Its key in the pool, where all blocks of a kind have one module together.
    pub location: &'static str,
}

/// A linear layer's part in a layer, as the library sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Projection {
    /// Queries of the self-attention.
    Query,
    /// Keys of the self-attention.
    Key,
    /// Values of the self-attention.
    Value,
    /// All three in one matrix.
    Merged,
    /// Queries of the attention to another sequence.
    CrossQuery,
    /// Keys of the attention to another sequence.
    CrossKey,
    /// Values of the attention to another sequence.
    CrossValue,
    /// What `intermediate_lora` adapts: the way into the feed-forward block, but in Llama and Mistral the way out.
    Intermediate,
    /// What `output_lora` adapts: the way out of the feed-forward block, but in Llama and Mistral the way in.
    Output,
}

impl Projection {
    /// The name of the part.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Key => "key",
            Self::Value => "value",
            Self::Merged => "query-key-value",
            Self::CrossQuery => "cross-query",
            Self::CrossKey => "cross-key",
            Self::CrossValue => "cross-value",
            Self::Intermediate => "intermediate",
            Self::Output => "output",
        }
    }
}

/// The layers that have a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// All.
    Always,
    /// Those that attend to another sequence as well.
    Cross,
    /// Those whose feed-forward block has a gate.
    Gated,
    /// Those whose feed-forward block has none.
    Ungated,
}

/// A size of a linear layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Hidden size.
    Hidden,
    /// Query heads × head size.
    Queries,
    /// Key and value heads × head size.
    Keys,
    /// Three times the hidden size.
    Merged,
    /// Width of the feed-forward block.
    FeedForward,
    /// Twice that: the gate stands in the same matrix.
    GatedFeedForward,
}

impl Sites {
    /// The row of a model type.
    #[must_use]
    pub fn of(model_type: &str) -> Option<&'static Self> {
        table::ROWS.iter().find(|row| row.model_type == model_type)
    }

    /// All rows, by model type.
    #[must_use]
    pub fn all() -> &'static [Self] {
        table::ROWS
    }

    /// Where query, key and value are one matrix; no row of the model if nowhere.
    fn merged(&self) -> impl Iterator<Item = &'static Linear> {
        let linears = self.layers.iter().flat_map(|layer| layer.linears);
        linears.filter(|linear| linear.projection == Projection::Merged)
    }

    /// Whether the model has query, key and value in one matrix.
    #[must_use]
    pub fn merges(&self) -> bool {
        self.merged().next().is_some()
    }

    /// Whether a module is query, key and value in one matrix.
    #[must_use]
    pub fn is_merged(&self, module: &str) -> bool {
        self.merged().any(|linear| {
            let before = module.strip_suffix(linear.path);
            before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
        })
    }
}

impl Layer {
    /// The path of a layer of a stack.
    #[must_use]
    pub fn path_of(&self, layer: u64, group: Option<u64>) -> String {
        match group.filter(|size| *size > 0) {
            None => self.path.replace("{L}", &layer.to_string()),
            Some(size) => {
                let path = self.path.replace("{G}", &(layer / size).to_string());
                path.replace("{L}", &(layer % size).to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Sites;
    use crate::models::ModelType;

    #[test]
    fn every_model_type_has_a_row() {
        let types: Vec<_> =
            ModelType::all().iter().map(|row| row.name).filter(|name| *name != "encoder-decoder").collect();
        let rows: Vec<_> = Sites::all().iter().map(|row| row.model_type).collect();
        assert_eq!(types, rows);
    }

    #[test]
    fn a_stack_has_a_row_of_layers() {
        for sites in Sites::all() {
            let row = ModelType::of(sites.model_type).expect("every row has a type");
            let stacks = if row.second_stack.is_some() { 2 } else { 1 };
            assert_eq!(sites.layers.len(), stacks, "{}", sites.model_type);
        }
    }
}
