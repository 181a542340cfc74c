use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Nullable, Probability};

/// AdapterFusion: attention over the outputs of several adapters, which are combined at every place where they stand.
/// All keys are required; the presets `dynamic` and `static` name two sets of values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "fusion")]
pub struct FusionConfig {
    /// Whether the adapters' outputs go through a trained linear map to become the keys of the attention.
    #[schemars(extend("x-use" = "truth", "x-source" = "arXiv:2005.00247"))]
    pub key: bool,
    /// Whether the layer's state goes through a trained linear map to become the query of the attention.
    #[schemars(extend("x-use" = "truth", "x-source" = "arXiv:2005.00247"))]
    pub query: bool,
    /// Whether the adapters' outputs go through a trained linear map, without bias, to become the values of the
    /// attention.
    #[schemars(extend("x-use" = "truth", "x-source" = "arXiv:2005.00247"))]
    pub value: bool,
    /// Whether the query is the state before the base model's residual sum and layer norm (true) or behind them.
    #[schemars(extend("x-use" = "truth", "x-source" = "methods/modeling.py, Adapter.pre_forward"))]
    pub query_before_ln: bool,
    /// Whether the value matrix is to be kept near the identity in training. Present in every file, but adapters up to
    /// 1.3.0 never read it: the library's trainer adds this term for every fusion that has a value matrix.
    #[schemars(extend("x-use" = "truth", "x-source" = "model_mixin.py, get_fusion_regularization_loss"))]
    pub regularization: bool,
    /// Whether the residual is added to the adapters' outputs before the attention (true) or to its result.
    #[schemars(extend("x-use" = "truth", "x-source" = "methods/modeling.py, BertFusion.forward"))]
    pub residual_before: bool,
    /// Whether the attention begins soft, with temperature 50, and sharpens to 1: by 0.05 with every forward pass, in
    /// evaluation as well.
    #[schemars(extend("x-use" = "truth", "x-source" = "methods/modeling.py, BertFusion.forward"))]
    pub temperature: bool,
    /// Whether the value matrix is applied to each adapter's output before they are averaged (true) or to the
    /// average. Matters only with `value`.
    #[schemars(extend("x-use" = "truth", "x-source" = "methods/modeling.py, BertFusion.forward"))]
    pub value_before_softmax: bool,
    /// Whether the value matrix begins as the identity, with 0.000001 beside the diagonal. If not, it begins from a
    /// normal distribution. Matters only with `value`.
    #[schemars(extend("x-use" = "truth", "x-source" = "methods/modeling.py, BertFusion.__init__"))]
    pub value_initialized: bool,
    /// The dropout on the attention's scores; only in training. Null (and 0) stand for the model's own attention
    /// dropout. Files of adapter-transformers lack the key, and adapters refuse them.
    #[schemars(extend("x-use" = "dropout", "x-unit" = "probability", "x-source" = "methods/bottleneck.py, add_fusion_layer"))]
    pub dropout_prob: Nullable<Probability>,
}
