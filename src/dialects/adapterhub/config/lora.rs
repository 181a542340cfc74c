use std::num::NonZeroU64;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Number, Positive, Probability, default};

/// Declares a config with the keys of LoRA, and more behind them.
macro_rules! lora_like {
    ($(#[$doc:meta])* $name:ident $tag:ident $release:literal { $($more:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        #[schemars(rename = $release)]
        pub struct $name {
            /// Says which method the config is for.
            pub architecture: $tag,
            /// Whether the projections of the attention get an update: those that `attn_matrices` names, in
            /// cross-attention as well.
            #[serde(default = "default::yes")]
            #[schemars(extend("x-source" = "methods/lora.py, init_lora"))]
            pub selfattn_lora: bool,
            /// Whether the first linear layer of the feed-forward block (hidden size to inner size) gets an update.
            /// In Llama and Mistral the library adapts `mlp.down_proj` instead.
            #[serde(default)]
            #[schemars(extend("x-source" = "methods/lora.py, init_lora"))]
            pub intermediate_lora: bool,
            /// Whether the second linear layer of the feed-forward block (inner size to hidden size) gets an update.
            /// In Llama and Mistral the library adapts `mlp.up_proj` instead.
            #[serde(default)]
            #[schemars(extend("x-source" = "methods/lora.py, init_lora"))]
            pub output_lora: bool,
            /// The numbers of the layers without an update, from 0. In an encoder-decoder model the decoder's layers count on from the encoder's, but start at 0 again in an `EncoderDecoderModel`. Numbers that the model does not have are ignored.
            #[serde(default)]
            #[schemars(extend("x-unit" = "layer numbers from 0",
                "x-source" = "configuration/model_adapters_config.py, ModelAdaptersConfig.match"
            ))]
            pub leave_out: Vec<u64>,
            /// The rank of the update: the inner size of the two matrices A (r × inputs) and B (outputs × r) whose
            /// product changes the weight. With `composition_mode` `"scale"` it has to be 1.
            #[serde(default = "default::count::<8>")]
            #[schemars(extend("x-unit" = "rank", "x-source" = "arXiv:2106.09685, section 4.1"))]
            pub r: NonZeroU64,
            /// The weight of the update: it is multiplied by `alpha / r` (by `alpha` with `composition_mode`
            /// `"scale"`), but not if `use_gating` is true. adapters 0.1 to 1.0.1 left the factor out, except in GPT-2's
            /// merged attention projection.
            #[serde(default = "default::number::<8>")]
            #[schemars(extend("x-source" = "arXiv:2106.09685, section 4.1"))]
            pub alpha: Number,
            /// The dropout on the input of the update; only in training. With `composition_mode` `"scale"` it has to
            /// be 0.
            #[serde(default = "default::probability::<0, 1>")]
            #[schemars(extend("x-unit" = "probability",
                "x-source" = "methods/lora.py, LoRA.__init__"
            ))]
            pub dropout: Probability,
            /// Which projections of the attention get an update, if `selfattn_lora` is true. The output projection
            /// cannot be adapted: the library passes over `"o"` in silence, and models with one projection for all (GPT-2,
            /// DeBERTa, ModernBERT) stop with an error at it.
            #[serde(default = "query_and_value")]
            #[schemars(extend("x-source" = "methods/lora.py, LoRALinear._check_lora_location"))]
            pub attn_matrices: Vec<AttentionMatrix>,
            /// How the update meets the weight.
            #[serde(default)]
            #[schemars(extend("x-source" = "methods/lora.py, LoRALayer.add_adapter"))]
            pub composition_mode: CompositionMode,
            /// How the weights of the update begin, before training.
            #[serde(default)]
            #[schemars(extend("x-source" = "methods/lora.py, LoRA.__init__"))]
            pub init_weights: LoraInit,
            /// The seed that is set anew before each module of the adapter is initialised, so that all modules of
            /// the same shape begin with the same weights. Null (and 0) leave the random generator alone.
            #[serde(default)]
            #[schemars(extend("x-source" = "methods/utils.py, fix_seed"))]
            pub init_weights_seed: Option<i64>,
            /// Whether a trained gate in (0, 1) weighs the update, instead of `alpha / r`: a linear map of the input
            /// to one number and a logistic function, averaged over the sequence. Belongs to UniPELT. Such an adapter
            /// cannot be merged into the model.
            #[serde(default)]
            #[schemars(extend("x-source" = "arXiv:2110.07577"))]
            pub use_gating: bool,
            /// Whether the updated weight is normalised row by row and gets a trained length for each row (DoRA).
            /// Only with `composition_mode` `"add"`.
            #[serde(default)]
            #[schemars(extend("x-source" = "arXiv:2402.09353"))]
            pub use_dora: bool,
            /// The value with which VeRA's inner scaling begins. A float here or in `vera_b` turns the adapter into
            /// VeRA: A and B are random, shared by all layers and not trained, and a matrix behind each of them is.
            /// Both keys are needed then, both written as floats (`0.1`); null for plain LoRA.
            #[serde(default)]
            #[schemars(extend("x-source" = "arXiv:2310.11454"))]
            pub vera_d: Option<Number>,
            /// The value with which VeRA's outer scaling begins, see `vera_d`. With 0.0 the adapter begins as no
            /// change.
            #[serde(default)]
            #[schemars(extend("x-source" = "arXiv:2310.11454"))]
            pub vera_b: Option<Number>,
            /// The type of the update's numbers, by its name in PyTorch; null for PyTorch's default, float32.
            #[serde(default)]
            #[schemars(extend("x-source" = "methods/lora.py, LoRA.__init__"))]
            pub dtype: Option<Dtype>,
            $($more)*
        }
    };
}

lora_like! {
    /// Low-rank updates of weights (LoRA) and their kin: (IA)³, which scales instead of adding; VeRA, which shares
    /// random matrices; DoRA, which splits direction and length; and both together, DVoRA.
    LoraConfig LoraTag "lora" {}
}

lora_like! {
    /// LoRA for several tasks at once (MTL-LoRA): the tasks share A and the up-projections, and each has a small
    /// matrix of its own between them. Its adapters are used together in a `MultiTask` composition.
    MtlLoraConfig MtlLoraTag "mtl-lora" {
        /// How many up-projections (matrices B) there are. Their results are averaged with trained weights.
        #[serde(default = "default::count::<1>")]
        #[schemars(extend("x-source" = "arXiv:2410.09437"))]
        pub n_up_projection: NonZeroU64,
        /// The shape of the matrix of rank r that each task has for itself.
        #[serde(default)]
        #[schemars(extend("x-source" = "methods/lora.py, TASK_SPECIFIC_MATRIX_CLS"))]
        pub task_specific_matrix_type: TaskSpecificMatrix,
        /// The temperature of the average over up-projections: small values let the best one win, large values
        /// treat all alike.
        #[serde(default = "default::positive::<1, 20>")]
        #[schemars(extend("x-unit" = "temperature", "x-source" = "methods/lora.py, MTLLoRA.apply_weights"))]
        pub weights_sharpness: Positive,
    }
}

fn query_and_value() -> Vec<AttentionMatrix> {
    vec![AttentionMatrix::Q, AttentionMatrix::V]
}

/// The value of `architecture`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum LoraTag {
    /// LoRA, (IA)³, VeRA, DoRA or DVoRA.
    Lora,
}

/// The value of `architecture`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MtlLoraTag {
    /// MTL-LoRA.
    MtlLora,
}

/// A projection of the attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AttentionMatrix {
    /// The query projection.
    Q,
    /// The key projection.
    K,
    /// The value projection.
    V,
}

/// How the update meets the weight.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum CompositionMode {
    /// The product of B and A is added to the weight (LoRA).
    #[default]
    Add,
    /// The output is multiplied by a trained vector; `r` has to be 1 ((IA)³).
    Scale,
}

/// How the update begins.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LoraInit {
    /// A Kaiming uniform, B zero: the adapter begins as no change.
    #[default]
    Lora,
    /// Both from a normal distribution with standard deviation 0.02.
    Bert,
    /// All ones; with `composition_mode` `"scale"` the adapter begins as no change.
    Ia3,
    /// Both Kaiming uniform; for VeRA, whose A and B stay as they begin. Not with `composition_mode` `"scale"`.
    Vera,
}

/// The task's own matrix.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TaskSpecificMatrix {
    /// A diagonal: r numbers, 1 at the start.
    #[default]
    SingularValues,
    /// A full matrix. Cannot be used: the library stops with an error when it builds the adapter.
    Linear,
}

/// A floating-point type of PyTorch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Dtype {
    /// 32 bits.
    Float32,
    /// 16 bits, with the exponent of 32.
    Bfloat16,
    /// 16 bits.
    Float16,
    /// 64 bits.
    Float64,
    /// 16 bits, another name of `float16`.
    Half,
    /// 32 bits, another name of `float32`.
    Float,
    /// 64 bits, another name of `float64`.
    Double,
}
