//! LLaMA-Adapter: prompts that a layer's attention may look at, behind a gate.

use ndarray::{Array2, Array3, Array4, Axis, s};

use super::activation::softmax;
use super::encoder::split_heads;
use super::linear::Linear;
use super::{MethodError, Scalar};

/// What an attention of the base model is made of.
#[derive(Debug, Clone, PartialEq)]
pub struct Attention<T> {
    /// The projection of queries, `[heads · e, d]`.
    pub query: Linear<T>,
    /// That of keys, `[groups · e, d]`: as many heads share a key as there are heads for a group.
    pub key: Linear<T>,
    /// That of values, `[groups · e, d]`.
    pub value: Linear<T>,
    /// The projection of what the heads give, `[d, heads · e]`.
    pub output: Linear<T>,
    /// The number of heads.
    pub heads: usize,
}

/// Where the positions are, for a model that turns its queries and keys: `cos` and `sin`, each `[batch, sequence, e]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Rotation<T> {
    /// The cosines.
    pub cos: Array3<T>,
    /// The sines.
    pub sin: Array3<T>,
}

/// The prompt of one layer in LLaMA-Adapter (Zhang et al. 2023, arXiv:2303.16199, section 3.2):
///
/// ```text
/// K_a = P · W_kᵀ + b_k        V_a = P · W_vᵀ + b_v        P [tokens, d]
/// y = attention(x) + (g · softmax(q · K_aᵀ / √e) · V_a) · W_oᵀ + b_o
/// ```
///
/// `q` are the queries of `x`, turned where the model turns them; the keys of the prompt are not. The paper puts the
/// scores of prompt and text beside each other and takes the softmax of each; as the projection is linear, the two parts
/// are the sum above. PEFT's `g` is one number for all heads, without the `tanh` of the authors' program
/// (`tuners/adaption_prompt/layer.py`, PEFT 0.21.2). It adds `b_o` once more, with the prompt's part, whatever the gate.
///
/// In GPT-2 the prompt's part is added behind the output projection, and is not projected (`AdaptedAttentionGPT`).
///
/// | tensor | shape | |
/// |---|---|---|
/// | `adaption_prompt` | `[1, tokens, d]` | `P` |
/// | `adaption_gate` | `[1]` | `g` |
#[derive(Debug, Clone, PartialEq)]
pub struct AdaptionPrompt<T> {
    /// `P`.
    pub prompt: Array2<T>,
    /// `g`.
    pub gate: T,
    /// Whether the prompt's part goes through the output projection.
    pub is_projected: bool,
}

impl<T: Scalar> AdaptionPrompt<T> {
    /// The attention's output, `[batch, sequence, d]`, of `x`. `mask` is added to the scores of the text, `[batch or 1, 1,
    /// sequence, sequence]`.
    ///
    /// # Errors
    /// If shapes do not meet.
    pub fn forward(
        &self,
        attention: &Attention<T>,
        x: &Array3<T>,
        rotation: Option<&Rotation<T>>,
        mask: Option<&Array4<T>>,
    ) -> Result<Array3<T>, MethodError> {
        let width = x.dim().2;
        let wants = [&attention.query, &attention.key, &attention.value].map(|map| map.weight.ncols());
        if wants != [width; 3] || self.prompt.ncols() != width {
            let found = self.prompt.ncols();
            return Err(MethodError::input(format!(
                "states of {width} units, a prompt of {found} and projections of {wants:?}"
            )));
        }
        for map in [&attention.query, &attention.key, &attention.value, &attention.output] {
            if map.bias.as_ref().is_some_and(|bias| bias.len() != map.weight.nrows()) {
                return Err(MethodError::input(format!(
                    "a bias that is no bias of a projection of {:?}",
                    map.weight.dim()
                )));
            }
        }
        let turned = |states: Array4<T>| rotation.map_or(Ok(states.clone()), |rotation| rotation.turn(&states));
        let queries = turned(split_heads(&attention.query.forward(x), attention.heads)?)?;
        let size = queries.dim().3;
        let groups = |map: &Linear<T>| map.weight.nrows().checked_div(size).unwrap_or_default();
        let split = |states: Array3<T>, map: &Linear<T>| {
            let split = split_heads(&states, groups(map))?;
            if split.dim().3 != size || groups(map) == 0 || !attention.heads.is_multiple_of(groups(map)) {
                return Err(MethodError::input("queries, keys and values do not fit each other"));
            }
            Ok(split)
        };
        let (key, value) = (&attention.key, &attention.value);
        let text = attend(&queries, &turned(split(key.forward(x), key)?)?, &split(value.forward(x), value)?, mask)?;
        let text = project(&attention.output, &text)?;

        let prompt = self.prompt.view().insert_axis(Axis(0));
        let (keys, values) = (split(key.forward(&prompt), key)?, split(value.forward(&prompt), value)?);
        // The gate weighs the scores, not the sum of them.
        let added = attend(&queries, &keys, &values, None)? * self.gate;
        let added = if self.is_projected { project(&attention.output, &added)? } else { added };
        if added.dim() != text.dim() {
            return Err(MethodError::input(format!("{:?} cannot be added to {:?}", added.dim(), text.dim())));
        }
        Ok(text + added)
    }
}

impl<T: Scalar> Rotation<T> {
    /// `x ⊙ cos + (-x₂, x₁) ⊙ sin` of the halves of each head (Su et al. 2021, arXiv:2104.09864, section 3.2.2).
    fn turn(&self, states: &Array4<T>) -> Result<Array4<T>, MethodError> {
        let (batch, _, sequence, size) = states.dim();
        let places = (batch, sequence, size);
        let (cos, sin) = (self.cos.broadcast(places), self.sin.broadcast(places));
        let (Some(cos), Some(sin)) = (cos, sin) else {
            return Err(MethodError::input(format!("cosines of {:?} for heads of {:?}", self.cos.dim(), states.dim())));
        };
        let half = size - size / 2;
        Ok(Array4::from_shape_fn(states.dim(), |(example, head, at, unit)| {
            let other = match unit < half {
                true => -states[(example, head, at, unit + size / 2)],
                false => states[(example, head, at, unit - half)],
            };
            states[(example, head, at, unit)] * cos[(example, at, unit)] + other * sin[(example, at, unit)]
        }))
    }
}

/// Attention with fewer keys than queries; the result is `[batch, sequence, heads · e]`. Keys and values of one example
/// are those of all.
fn attend<T: Scalar>(
    queries: &Array4<T>,
    keys: &Array4<T>,
    values: &Array4<T>,
    mask: Option<&Array4<T>>,
) -> Result<Array3<T>, MethodError> {
    let (batch, heads, sequence, size) = queries.dim();
    let (examples, groups, positions, _) = keys.dim();
    if values.dim() != keys.dim() || !(examples == batch || examples == 1) {
        return Err(MethodError::input("queries, keys and values do not fit each other"));
    }
    let mask = mask.map(|mask| {
        let mask = mask.broadcast((batch, 1, sequence, positions));
        mask.ok_or_else(|| MethodError::input("the attention mask does not fit the attention"))
    });
    let mask = mask.transpose()?;
    let root = T::of((size as f64).sqrt());
    let mut joined = Array3::zeros((batch, sequence, heads * size));
    for example in 0..batch {
        for head in 0..heads {
            let of = s![example.min(examples - 1), head / (heads / groups), .., ..];
            let mut scores = T::product(&queries.slice(s![example, head, .., ..]), &keys.slice(of).t()) / root;
            if let Some(mask) = &mask {
                scores += &mask.slice(s![example, 0, .., ..]);
            }
            let context = T::product(&softmax(scores), &values.slice(of));
            joined.slice_mut(s![example, .., head * size..(head + 1) * size]).assign(&context);
        }
    }
    Ok(joined)
}

fn project<T: Scalar>(map: &Linear<T>, states: &Array3<T>) -> Result<Array3<T>, MethodError> {
    if map.weight.ncols() != states.dim().2 {
        return Err(MethodError::input("the output projection does not fit the heads"));
    }
    Ok(map.forward(states))
}
