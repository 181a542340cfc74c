use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::config::{Nullable, Number};
use super::super::shapes::{Optional, tagged};

/// `adapter_setup.json`: how several adapters are composed, as `save_adapter_setup` writes it beside their folders.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "adapter-setup")]
pub struct AdapterSetupFile {
    /// The adapters and how they work together.
    #[schemars(extend("x-source" = "composition.py, AdapterCompositionBlock.from_dict"))]
    pub adapter_setup: Block,
    /// The prediction heads that belong to it: null for none, true for a model's fixed head, a head's name, a list of
    /// names, or a composition of heads.
    #[schemars(extend("x-source" = "model_mixin.py, load_adapter_setup"))]
    pub head_setup: Nullable<HeadSetup>,
    /// The release that saved the file, such as `adapters.1.2.0`. The library does not read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-source" = "model_mixin.py, _save_adapter_setup_config"))]
    pub version: Option<String>,
    /// Whatever else is in the file. The library ignores it.
    #[serde(flatten)]
    pub other: std::collections::BTreeMap<String, serde_json::Value>,
}

/// The heads of a setup.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum HeadSetup {
    /// True for the fixed head of the model's class.
    Fixed(bool),
    /// One head.
    One(String),
    /// Several heads.
    Several(Vec<String>),
    /// Heads in a composition.
    Block(Box<Block>),
}

tagged! {
    /// A composition block.
    Block "block" by "type" "How the children work together. The other keys depend on it." {
        /// One after the other: each child takes what the one before it gives.
        "Stack" => Stack(WholeBlock),
        /// AdapterFusion: all children on the same input, their outputs combined by attention.
        "Fuse" => Fuse(FuseBlock),
        /// Each child takes a part of the sequence.
        "Split" => Split(SplitBlock),
        /// Each child takes a part of the batch.
        "BatchSplit" => BatchSplit(BatchSplitBlock),
        /// All children on copies of the same input, each with its own output.
        "Parallel" => Parallel(WholeBlock),
        /// All children on the same input, their outputs averaged.
        "Average" => Average(AverageBlock),
        /// Each child takes the examples of its task.
        "MultiTask" => MultiTask(WholeBlock),
    }
}

tagged! {
    /// A child of a composition block: an adapter or another block.
    Child "child" by "type" "How the children work together, or `single` for one adapter." {
        /// One adapter.
        "single" => Single(Single),
        /// One after the other.
        "Stack" => Stack(WholeBlock),
        /// AdapterFusion.
        "Fuse" => Fuse(FuseBlock),
        /// By parts of the sequence.
        "Split" => Split(SplitBlock),
        /// By parts of the batch.
        "BatchSplit" => BatchSplit(BatchSplitBlock),
        /// On copies of the input.
        "Parallel" => Parallel(WholeBlock),
        /// Averaged.
        "Average" => Average(AverageBlock),
        /// By task.
        "MultiTask" => MultiTask(WholeBlock),
    }
}

/// One adapter.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Single {
    /// The adapter's name, alone in a list.
    pub children: [String; 1],
}

/// A block without options.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WholeBlock {
    /// The adapters and blocks inside, in order.
    #[schemars(extend("x-source" = "composition.py, ALLOWED_NESTINGS"))]
    pub children: Vec<Child>,
}

/// An AdapterFusion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FuseBlock {
    /// The adapters and stacks that are fused, in order.
    #[schemars(extend("x-source" = "composition.py, ALLOWED_NESTINGS"))]
    pub children: Vec<Child>,
    /// The options of the block, which the library does not write.
    #[serde(default, skip_serializing_if = "Optional::is_absent")]
    pub kwargs: Optional<FuseOptions>,
}

/// The options of an AdapterFusion.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "fuse-options")]
pub struct FuseOptions {
    /// The AdapterFusion's name, if it is not the children's names joined by commas. The library forgets to write it,
    /// and cannot load its own file then.
    #[serde(default)]
    #[schemars(extend("x-source" = "composition.py, Fuse"))]
    pub name: Option<String>,
}

/// A block that splits the sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SplitBlock {
    /// The adapters and blocks inside, in order.
    #[schemars(extend("x-source" = "composition.py, ALLOWED_NESTINGS"))]
    pub children: Vec<Child>,
    /// The options of the block.
    pub kwargs: SplitOptions,
}

/// The options of a block that splits the sequence.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "split-options")]
pub struct SplitOptions {
    /// How many positions each child takes, or one number for all. Together they have to be as long as the input.
    #[schemars(extend("x-unit" = "positions", "x-source" = "methods/bottleneck.py, BottleneckLayer.compose_split"))]
    pub splits: Sizes,
}

/// A block that splits the batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BatchSplitBlock {
    /// The adapters and blocks inside, in order.
    #[schemars(extend("x-source" = "composition.py, ALLOWED_NESTINGS"))]
    pub children: Vec<Child>,
    /// The options of the block.
    pub kwargs: BatchSplitOptions,
}

/// The options of a block that splits the batch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "batch-split-options")]
pub struct BatchSplitOptions {
    /// How many examples each child takes, or one number for all. Together they have to be the whole batch.
    #[schemars(extend("x-unit" = "examples", "x-source" = "composition.py, BatchSplit"))]
    pub batch_sizes: Sizes,
}

/// A block that averages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AverageBlock {
    /// The adapters and blocks inside, in order.
    #[schemars(extend("x-source" = "composition.py, ALLOWED_NESTINGS"))]
    pub children: Vec<Child>,
    /// The options of the block.
    #[serde(default)]
    pub kwargs: AverageOptions,
}

/// The options of a block that averages.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "average-options")]
pub struct AverageOptions {
    /// The weight of each child; null for the same weight.
    #[serde(default)]
    #[schemars(extend("x-source" = "composition.py, Average"))]
    pub weights: Option<Vec<Number>>,
    /// Whether the weights are divided by their sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("x-use" = "truth", "x-source" = "composition.py, Average"))]
    pub normalize_weights: Option<bool>,
}

/// One size for each child, or the same for all.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Sizes {
    /// The same for all.
    Same(u64),
    /// One for each.
    Each(Vec<u64>),
}
