use std::collections::BTreeMap;

use ndarray::{Array3, Array4};

use super::attention::{attend, heads};
use crate::methods::activation::Activation;
use crate::methods::adapted_linear::AdaptedLinear;
use crate::methods::bottleneck_place::BottleneckPlace;
use crate::methods::composition::{Pass, Setup};
use crate::methods::layer_norm::LayerNorm;
use crate::methods::linear::Linear;
use crate::methods::prefix_tuning::{AttentionState, PrefixPlace};
use crate::methods::reft::{Extent, Reft};
use crate::methods::rows::match_batch;
use crate::methods::{MethodError, Scalar, States};

/// One layer of an encoder whose layer norms follow the residual sums:
///
/// ```text
/// a = attention(x)                        LoRA's family at query, key and value; prefixes before keys and values
/// x := LN(W_o · a + b_o + x)              bottleneck adapters of `mh_adapter`
/// f = W_2 · act(W_1 · x + b_1) + b_2      LoRA's family at W_1 (intermediate) and W_2 (output)
/// x := LN(f + x)                          bottleneck adapters of `output_adapter`
/// x := ReFT(x)
/// ```
///
/// The attention is that of Vaswani et al. 2017, arXiv:1706.03762, equation 1, for each head of width `e`, side by
/// side:
///
/// ```text
/// softmax(Q · Kᵀ / √e + mask) · V
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct EncoderLayer<T> {
    /// The number of attention heads.
    pub heads: usize,
    /// The query projection.
    pub query: AdaptedLinear<T>,
    /// The key projection.
    pub key: AdaptedLinear<T>,
    /// The value projection.
    pub value: AdaptedLinear<T>,
    /// The prefixes.
    pub prefixes: PrefixPlace<T>,
    /// The projection behind the attention.
    pub attention_output: Linear<T>,
    /// The layer norm behind the attention.
    pub attention_norm: LayerNorm<T>,
    /// Bottleneck adapters behind the attention.
    pub attention_adapters: BottleneckPlace<T>,
    /// The first linear layer of the feed-forward block.
    pub intermediate: AdaptedLinear<T>,
    /// The activation of the feed-forward block.
    pub activation: Activation<T>,
    /// The second linear layer of the feed-forward block.
    pub output: AdaptedLinear<T>,
    /// The layer norm behind the feed-forward block.
    pub output_norm: LayerNorm<T>,
    /// Bottleneck adapters behind the feed-forward block.
    pub output_adapters: BottleneckPlace<T>,
    /// Interventions behind the layer, by adapter.
    pub refts: BTreeMap<String, Reft<T>>,
}

impl<T: Scalar> EncoderLayer<T> {
    /// The state behind the layer. `mask` is added to the attention's scores; `extent` says where the text of each
    /// example lies, if the input had a mask.
    ///
    /// # Errors
    /// If the setup cannot be used here, or the states do not fit.
    pub fn forward(
        &self,
        x: &States<T>,
        mask: Option<&Array4<T>>,
        extent: Option<&Extent>,
        setup: Option<&Setup>,
        pass: &mut Pass,
    ) -> Result<Array3<T>, MethodError> {
        let x = self.attention(x, mask, setup, pass)?.into_shared();
        let inner = self.activation.forward(&self.intermediate.forward(setup, &x, pass)?).into_shared();
        let output = self.output.forward(setup, &inner, pass)?.into_shared();
        let norm = Some(&self.output_norm);
        let state = self.output_adapters.forward(setup, &output, Some(&x), norm, pass)?;
        match setup.and_then(Setup::first).and_then(|first| self.refts.get(first)) {
            Some(reft) => {
                let whole = || Extent::whole(state.dim().0, state.dim().1);
                reft.forward(&state, &extent.cloned().unwrap_or_else(whole))
            }
            None => Ok(state),
        }
    }

    fn attention(
        &self,
        x: &States<T>,
        mask: Option<&Array4<T>>,
        setup: Option<&Setup>,
        pass: &mut Pass,
    ) -> Result<Array3<T>, MethodError> {
        let queries = heads(&self.query.forward(setup, x, pass)?, self.heads)?;
        let keys = heads(&self.key.forward(setup, x, pass)?, self.heads)?;
        let values = heads(&self.value.forward(setup, x, pass)?, self.heads)?;
        // Under Parallel an update may have repeated one of the three.
        let batch = queries.dim().0.max(keys.dim().0).max(values.dim().0);
        let state = AttentionState {
            keys: match_batch(&keys, batch),
            values: match_batch(&values, batch),
            input: x.clone(),
            mask: mask.map(|mask| match_batch(mask, batch)),
        };
        let state = self.prefixes.forward(setup, state, pass)?;
        let queries = match_batch(&queries, state.keys.dim().0);
        let context = self.attention_output.forward(&attend(&queries, &state)?).into_shared();
        self.attention_adapters.forward(setup, &context, Some(x), Some(&self.attention_norm), pass)
    }
}
