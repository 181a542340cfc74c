//! AdapterFusion.

use ndarray::{Array2, Array3, Array4, ArrayRef3, ArrayView1, Axis, Ix2, s};

use super::activation::softmax;
use super::linear::Linear;
use super::parameters::{Parameter, Parameters, linear};
use super::{MethodError, Scalar, add};

/// What an AdapterFusion consists of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "each is a key of its own in the library's config")]
pub struct Architecture {
    /// `d`, the model's hidden size.
    pub hidden: usize,
    /// Whether the state goes through a trained map to become the query.
    pub query: bool,
    /// Whether the adapters' outputs go through a trained map to become keys.
    pub key: bool,
    /// Whether the adapters' outputs go through a trained map to become values.
    pub value: bool,
    /// Whether the query is the block's output before its residual sum and layer norm.
    pub query_before_ln: bool,
    /// Whether the residual is added to the adapters' outputs before the attention, instead of to its result.
    pub residual_before: bool,
    /// Whether the attention begins soft and sharpens with every call.
    pub temperature: bool,
    /// Whether the value map is applied before the weighted sum, instead of to it.
    pub value_before_softmax: bool,
}

impl Architecture {
    /// The parameters. Without any of the three maps the library still creates a `dense` one, which it never uses.
    #[must_use]
    pub fn parameters(&self) -> Vec<Parameter> {
        let d = ("d", self.hidden);
        let mut parameters = Vec::new();
        if !(self.query || self.key || self.value) {
            parameters.extend(linear("dense", ("1", 1), d, true));
        }
        if self.query {
            parameters.extend(linear("query", d, d, true));
        }
        if self.key {
            parameters.extend(linear("key", d, d, true));
        }
        if self.value {
            parameters.extend(linear("value", d, d, false));
        }
        parameters
    }
}

/// An AdapterFusion (Pfeiffer et al. 2021, arXiv:2005.00247, section 3.2 and equations 3 to 6): attention of one state,
/// the query, over the outputs `z_n` of `N` adapters at the same position,
///
/// ```text
/// a = softmax_n((Q q + b_Q) · (K z_n + b_K) / T)
/// y = Σ_n a_n · V z_n + r        z_n := z_n + r first and nothing at the end, with `residual_before`
/// ```
///
/// with `Q`, `K`, `V` `[d, d]` and only there if asked for, and `V` applied to the sum unless `value_before_softmax`.
/// The scores are not divided by `√d`. `T` is 1, or with `temperature` 50 at the first call of this fusion and 0.05
/// less at each further one, down to 1; evaluation counts as well, and no file keeps the number (`methods/modeling.py`,
/// `BertFusion`, 1.3.0). Behind a block the query is the last fused adapter's, by [`Bottleneck::before`], and
/// [`Setup::Fuse`] says what a fusion is called.
///
/// [`Bottleneck::before`]: super::bottleneck::Bottleneck::before
/// [`Setup::Fuse`]: super::composition::Setup::Fuse
#[derive(Debug, Clone, PartialEq)]
pub struct Fusion<T> {
    /// What it consists of.
    pub architecture: Architecture,
    query: Option<Linear<T>>,
    key: Option<Linear<T>>,
    value: Option<Array2<T>>,
}

impl<T: Scalar> Fusion<T> {
    /// The fusion with these parameters.
    ///
    /// # Errors
    /// If a parameter is missing or has another shape.
    pub fn new(architecture: Architecture, parameters: &Parameters<T>) -> Result<Self, MethodError> {
        parameters.check(&architecture.parameters())?;
        Ok(Self {
            query: architecture.query.then(|| Linear::take(parameters, "query")).transpose()?,
            key: architecture.key.then(|| Linear::take(parameters, "key")).transpose()?,
            value: architecture.value.then(|| parameters.take::<Ix2>("value.weight")).transpose()?,
            architecture,
        })
    }

    /// `T` at the `call`-th forward pass, from 0.
    #[must_use]
    pub fn temperature(&self, call: u32) -> f64 {
        if !self.architecture.temperature {
            return 1.0;
        }
        // Subtracted step by step, as the library does: 50 - 0.05 · call would round otherwise.
        let mut temperature = 50.0_f64;
        for _ in 0..call.min(1000) {
            temperature = (temperature - 0.05).max(1.0);
        }
        temperature
    }

    /// `y`, `[batch, sequence, d]`, from the query and the residual of that shape and the adapters' outputs,
    /// `[batch, sequence, N, d]`, at the `call`-th forward pass.
    ///
    /// # Errors
    /// If the states do not fit each other.
    pub fn forward(
        &self,
        query: &ArrayRef3<T>,
        outputs: &Array4<T>,
        residual: &ArrayRef3<T>,
        call: u32,
    ) -> Result<Array3<T>, MethodError> {
        let (batch, sequence, adapters, hidden) = outputs.dim();
        let expected = (batch, sequence, hidden);
        if query.dim() != expected || residual.dim() != expected || hidden != self.architecture.hidden {
            return Err(MethodError::input("query, residual and adapters' outputs do not have the same shape"));
        }
        let mut z = outputs.clone();
        if self.architecture.residual_before {
            z += &residual.view().insert_axis(Axis(2));
        }
        let q = self.query.as_ref().map_or_else(|| query.to_owned(), |map| map.forward(&query.view()));
        let k = self.key.as_ref().map_or_else(|| z.clone(), |map| map.forward(&z));
        let early = self.value.as_ref().filter(|_| self.architecture.value_before_softmax);
        let v = early.map_or_else(|| z.clone(), |value| super::linear::product(&z, &value.t()));

        let temperature = T::of(self.temperature(call));
        let mut scores = Array3::zeros((batch, sequence, adapters));
        for ((b, t, n), score) in scores.indexed_iter_mut() {
            let (q, k): (ArrayView1<'_, T>, ArrayView1<'_, T>) = (q.slice(s![b, t, ..]), k.slice(s![b, t, n, ..]));
            *score = q.dot(&k) / temperature;
        }
        let attention = softmax(scores);
        let mut context = (&attention.insert_axis(Axis(3)) * &v).sum_axis(Axis(2));
        if !self.architecture.value_before_softmax
            && let Some(value) = &self.value
        {
            context = super::linear::product(&context, &value.t());
        }
        if self.architecture.residual_before { Ok(context) } else { add(&context, residual) }
    }
}
