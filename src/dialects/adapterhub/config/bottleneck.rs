use std::num::NonZeroU64;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bottleneck_values::{
    BottleneckInit, InvertibleAdapter, InvertibleKind, PhmRuleInit, PhmWeightInit, ReductionFactor, ResidualBeforeLn,
    Scaling,
};
use super::{NonLinearity, NonNegative, Positive, Probability, default};

/// A bottleneck adapter: a small network of down-projection, activation and up-projection, added to the output of a
/// layer's attention or feed-forward block. All required keys come from the presets `seq_bn`, `double_seq_bn`,
/// `par_bn` and their kin.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "bottleneck")]
pub struct BottleneckConfig {
    /// Whether every layer gets an adapter behind its (self-)attention block, where the block's output meets the
    /// residual connection. With both this and `output_adapter` false the adapter has no weights in the layers.
    #[schemars(extend("x-source" = "arXiv:1902.00751, figure 2"))]
    pub mh_adapter: bool,
    /// Whether every layer gets an adapter behind its feed-forward block, where the block's output meets the
    /// residual connection.
    #[schemars(extend("x-source" = "arXiv:2005.00247"))]
    pub output_adapter: bool,
    /// How many times narrower than the model's hidden size the bottleneck is: its width is the hidden size divided
    /// by this, rounded down, and at least 1. A number below 1 makes it wider than the model. An object gives each
    /// layer its own factor: keys are layer numbers from 0 as text, and `"default"` serves all layers that are not
    /// named. With `phm_layer` the width has to be a multiple of `phm_dim`.
    #[schemars(extend("x-unit" = "hidden size per bottleneck width",
        "x-source" = "methods/bottleneck.py, BottleneckLayer.add_adapter"
    ))]
    pub reduction_factor: ReductionFactor,
    /// The activation between down- and up-projection. Invertible adapters use it too. The library does not mind
    /// upper or lower case.
    #[schemars(extend("x-source" = "methods/modeling.py, Activation_Function_Class"))]
    pub non_linearity: NonLinearity,
    /// Whether the base model's residual sum and layer norm are applied before the adapter, so that the adapter sees
    /// normalised values. Has no effect on a parallel adapter, whose input is the block's input.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/modeling.py, Adapter.pre_forward"))]
    pub original_ln_before: bool,
    /// Whether the base model's residual sum and layer norm are applied behind the adapter. If `original_ln_before`
    /// is true as well, they are applied twice, with the same weights. Models that are adapted through an adapter
    /// interface refuse `false`.
    #[serde(default = "default::yes")]
    #[schemars(extend("x-source" = "methods/modeling.py, Adapter.post_forward"))]
    pub original_ln_after: bool,
    /// Whether the adapter has a trained layer norm of its own before the down-projection.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/modeling.py, Adapter.__init__"))]
    pub ln_before: bool,
    /// Whether the adapter has a trained layer norm of its own behind the up-projection.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/modeling.py, Adapter.forward"))]
    pub ln_after: bool,
    /// How the weights of the projections begin, before training. It says nothing about trained weights.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/modeling.py, Adapter.__init__"))]
    pub init_weights: BottleneckInit,
    /// The seed that is set anew before each module of the adapter is initialised, so that all modules of the same
    /// shape begin with the same weights. Null (and 0) leave the random generator alone.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/utils.py, fix_seed"))]
    pub init_weights_seed: Option<i64>,
    /// Whether the adapter runs beside the block instead of behind it: it takes the block's input, and its output is
    /// added to the block's output.
    #[serde(default)]
    #[schemars(extend("x-source" = "arXiv:2110.04366, table 1"))]
    pub is_parallel: bool,
    /// The factor on the output of the up-projection, before dropout and the residual sum: a constant, or a trained
    /// parameter that begins at 1. The constant has to be written as a float (`1.0`); the library refuses `1`.
    #[serde(default)]
    #[schemars(extend("x-source" = "arXiv:2110.04366"))]
    pub scaling: Scaling,
    /// Whether a trained gate in (0, 1) weighs the adapter's output: a linear map of the input to one number and a
    /// logistic function, averaged over the sequence. Belongs to UniPELT.
    #[serde(default)]
    #[schemars(extend("x-source" = "arXiv:2110.07577"))]
    pub use_gating: bool,
    /// What the adapter's own residual connection adds to its output, if `original_ln_before` is true. Without it,
    /// true and false both mean the adapter's input, and `"post_add"` stops with an error. Has no effect on a parallel
    /// adapter.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/modeling.py, Adapter.pre_forward"))]
    pub residual_before_ln: ResidualBeforeLn,
    /// Whether the adapter's residual connection is added before its own layer norm (`ln_after`) instead of behind
    /// it. Matters only with `ln_after`, and not for a parallel adapter.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/modeling.py, Adapter.forward"))]
    pub adapter_residual_before_ln: bool,
    /// The kind of invertible adapter that transforms the output of the embedding layer, and is undone before the
    /// output embeddings; null for none. Belongs to language adapters in the manner of MAD-X.
    #[serde(default)]
    #[schemars(extend("x-source" = "arXiv:2005.00052"))]
    pub inv_adapter: Option<InvertibleKind>,
    /// How many times narrower the hidden layers of the invertible adapter are than its input, which is half of the
    /// embedding size. Needed with `inv_adapter`, without meaning otherwise.
    #[serde(default)]
    #[schemars(extend("x-unit" = "input size per hidden width", "x-source" = "methods/modeling.py, get_subnet_constructor"))]
    pub inv_adapter_reduction_factor: Option<Positive>,
    /// Whether every decoder layer of an encoder-decoder model gets an adapter behind its cross-attention block.
    /// Has no effect on models without cross-attention.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/bottleneck.py, init_bottleneck"))]
    pub cross_adapter: bool,
    /// The numbers of the layers without an adapter, from 0. In an encoder-decoder model the decoder's layers count on from the encoder's, but start at 0 again in an `EncoderDecoderModel`. Numbers that the model does not have are ignored.
    #[serde(default)]
    #[schemars(extend("x-unit" = "layer numbers from 0",
        "x-source" = "configuration/model_adapters_config.py, ModelAdaptersConfig.match"
    ))]
    pub leave_out: Vec<u64>,
    /// The dropout on the adapter's output before the residual sum; only in training.
    #[serde(default = "default::probability::<0, 1>")]
    #[schemars(extend("x-unit" = "probability", "x-source" = "methods/modeling.py, Adapter.forward"))]
    pub dropout: Probability,
    /// Whether both projections are layers of parametrised hypercomplex multiplication: their weight is a sum of
    /// `phm_dim` Kronecker products, which needs far fewer numbers. Belongs to Compacter. All keys with `phm` in their
    /// names count only then.
    #[serde(default)]
    #[schemars(extend("x-source" = "arXiv:2106.04647"))]
    pub phm_layer: bool,
    /// The number of Kronecker products in a projection, called `n` in the paper. The hidden size and the bottleneck
    /// width have to be multiples of it.
    #[serde(default = "default::count::<4>")]
    #[schemars(extend("x-source" = "arXiv:2106.04647"))]
    pub phm_dim: NonZeroU64,
    /// Whether the large factor of each Kronecker product is itself a product of two thin matrices, of rank
    /// `phm_rank`.
    #[serde(default = "default::some_yes", rename = "factorized_phm_W")]
    #[schemars(extend("x-source" = "arXiv:2106.04647"))]
    pub factorized_phm_w: Option<bool>,
    /// Whether all layers share the large factors of the Kronecker products, one set for the down- and one for the
    /// up-projections. The library stops with an error unless `factorized_phm_W` is true too.
    #[serde(default = "default::some_no", rename = "shared_W_phm")]
    #[schemars(extend("x-source" = "methods/modeling.py, init_shared_parameters"))]
    pub shared_w_phm: Option<bool>,
    /// Whether all layers share the small factors of the Kronecker products, a tensor `phm_dim` × `phm_dim` ×
    /// `phm_dim`.
    #[serde(default = "default::some_yes")]
    #[schemars(extend("x-source" = "arXiv:2106.04647"))]
    pub shared_phm_rule: Option<bool>,
    /// Whether each small factor of the Kronecker products is the product of a column and a row.
    #[serde(default = "default::some_no")]
    #[schemars(extend("x-source" = "methods/modeling.py, PHMLayer.__init__"))]
    pub factorized_phm_rule: Option<bool>,
    /// The distribution from which the small factors of the Kronecker products begin.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/modeling.py, PHMLayer.reset_parameters"))]
    pub phm_c_init: PhmRuleInit,
    /// The standard deviation of the normal distribution from which small factors begin that all layers share.
    /// Factors that are not shared begin with 0.01, whatever stands here, and `phm_c_init` `uniform` ignores it.
    #[serde(default = "default::non_negative::<1, 10000>")]
    #[schemars(extend("x-source" = "methods/modeling.py, init_shared_parameters"))]
    pub phm_init_range: NonNegative,
    /// Whether the small factors of the Kronecker products are trained. If not, they stay as they began.
    #[serde(default = "default::some_yes")]
    #[schemars(extend("x-source" = "methods/modeling.py, PHMLayer.__init__"))]
    pub learn_phm: Option<bool>,
    /// The distribution from which the large factors of the Kronecker products should begin; no activation. The
    /// library, up to 1.3.0, begins with Glorot's normal distribution whichever of the values is given.
    #[serde(default)]
    #[schemars(extend("x-source" = "methods/modeling.py, init_W"))]
    pub hypercomplex_nonlinearity: PhmWeightInit,
    /// The rank of the large factors, if `factorized_phm_W` is true.
    #[serde(default = "default::count::<1>")]
    #[schemars(extend("x-unit" = "rank", "x-source" = "arXiv:2106.04647"))]
    pub phm_rank: NonZeroU64,
    /// Whether the projections have a bias.
    #[serde(default = "default::some_yes")]
    #[schemars(extend("x-source" = "methods/modeling.py, PHMLayer.__init__"))]
    pub phm_bias: Option<bool>,
    /// The probability with which the adapter's output is dropped for a whole example; only in training, and not in a
    /// parallel adapter. Above 0 it needs the package `torchvision`. Meant for vision models.
    #[serde(default = "default::probability::<0, 1>")]
    #[schemars(extend("x-unit" = "probability", "x-source" = "arXiv:2406.06820"))]
    pub stochastic_depth: Probability,
    /// A bottleneck adapter is what a config without `architecture` describes; null says the same.
    #[serde(default, skip_serializing)]
    pub architecture: (),
    /// Deprecated: the invertible adapter as adapter-transformers 1.x wrote it. Newer releases take `block_type` as
    /// `inv_adapter` and `reduction_factor` as `inv_adapter_reduction_factor`, and ignore its `non_linearity`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("deprecated" = true, "x-source" = "configuration/adapter_config.py, BnConfig.__setattr__"))]
    pub invertible_adapter: Option<InvertibleAdapter>,
}
