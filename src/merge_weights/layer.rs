use ndarray::{Array1, Array2, ArrayD, IxDyn};

use super::blocks::{self, Blocks, Pieces, bytes};
use super::{MergeError, Plan, parameters};
use crate::dialects::peft::PeftType::LnTuning;
use crate::dialects::peft::layout::TOKENS;
use crate::dialects::peft::updates::{Boxed, Given, Site, UpdateError, loaded, update};
use crate::methods::MethodError;
use crate::methods::linear::Linear;
use crate::methods::parameters::Parameters;
use crate::methods::updates::Replaced;
use crate::tensors::{Dtype, Tensor};

/// The bytes of a tensor of the base model with the adapter in it.
pub(super) fn changed<'p>(plan: &'p Plan<'p>, name: &'p str, tensor: Tensor<'p>) -> Result<Pieces<'p>, MergeError> {
    let Some(module) = plan.sites.get(name) else {
        return Ok(blocks::replaced(plan.whole.get(name).copied().unwrap_or(tensor), tensor.dtype()));
    };
    match plan.beside.parameters.get(*module) {
        Some(key) => parameters::changed(plan, module, key, tensor),
        None => Layer::new(plan, module, name)?.changed(tensor.dtype()),
    }
}

/// A module that is changed.
struct Layer<'p> {
    plan: &'p Plan<'p>,
    module: &'p str,
    /// Whether its bias is asked for, and not its weight.
    is_bias: bool,
    /// The weight as the adapter finds it: the base model's, or one that the adapter's file has in its place.
    weight: Tensor<'p>,
    is_replaced: bool,
    /// Whether the weight is stored as `[in, out]`.
    is_turned: bool,
    /// The tensors that the update is made from.
    tensors: Parameters<f64>,
}

impl<'p> Layer<'p> {
    fn new(plan: &'p Plan<'p>, module: &'p str, name: &str) -> Result<Self, MergeError> {
        let stored = plan.weight(module, &format!("{module}.weight"));
        let stored = stored.ok_or_else(|| MergeError::Unplaced { modules: vec![module.to_owned()] })?;
        let tensors = plan.own_tensors(module)?;
        let is_embedding = ["lora_embedding_A", "hira_embedding_A", "trainable_tokens_delta", TOKENS]
            .iter()
            .any(|role| tensors.get(role).is_some());
        let fan_in_fan_out = plan.adapter.settings().truth("fan_in_fan_out");
        let whole = plan.whole.get(stored.name()).copied();
        Ok(Self {
            plan,
            module,
            is_bias: stored.name() != name,
            weight: whole.unwrap_or(stored),
            is_replaced: whole.is_some(),
            is_turned: stored.shape().len() == 2 && (is_embedding || plan.base.is_transposed(module, fan_in_fan_out)),
            tensors,
        })
    }

    fn failed(&self, error: impl Into<UpdateError>) -> MergeError {
        let tensors = self.plan.adapter.tensors(self.module);
        let tensors = tensors.map(|(role, tensor)| format!("`{role}` {:?}", tensor.shape()));
        let weight = format!("a weight {:?}", self.weight.shape());
        let made_from = std::iter::once(weight).chain(tensors).collect::<Vec<_>>().join(", ");
        MergeError::Update { module: self.module.to_owned(), error: error.into(), made_from }
    }

    /// The bytes of the weight, or the bias.
    fn changed(self, dtype: Dtype) -> Result<Pieces<'p>, MergeError> {
        let name = if self.is_bias { format!("{}.bias", self.module) } else { format!("{}.weight", self.module) };
        let one = |numbers: &[f64]| -> Result<Pieces<'p>, MergeError> {
            Ok(Box::new(std::iter::once(Ok(bytes(&name, numbers, dtype)?))))
        };
        if self.plan.adapter.settings().peft_type() == Some(LnTuning) {
            return one(&self.trained_norm()?);
        }
        if let Some(update) = self.by_blocks()? {
            let bias = update.merged_bias(self.bias()?.as_ref()).map_err(|error| self.failed(error))?;
            return match self.is_bias {
                true => one(&bias.map(|bias| bias.to_vec()).unwrap_or_default()),
                false => Ok(Box::new(Blocks::new(self.module, self.weight, update, self.is_turned, dtype))),
            };
        }
        let merged = self.merged(dtype)?;
        if self.is_bias {
            return one(&merged.bias.map(|bias| bias.to_vec()).unwrap_or_default());
        }
        // Read row by row, whichever way it lies in memory.
        let weight = if self.is_turned { merged.weight.reversed_axes() } else { merged.weight };
        one(weight.as_standard_layout().as_slice().unwrap_or_default())
    }

    /// The weight or bias of a norm, which the adapter has whole.
    fn trained_norm(&self) -> Result<Vec<f64>, MergeError> {
        let role = if self.is_bias { "ln_tuning_layers.bias" } else { "ln_tuning_layers.weight" };
        let trained = self.tensors.get(role).filter(|array| self.is_bias || array.shape() == self.weight.shape());
        let trained = trained.ok_or_else(|| self.failed(MethodError::Missing { role: role.to_owned() }))?;
        Ok(trained.iter().copied().collect())
    }

    /// The sizes of the weight as a map has it, `[out, in]`.
    fn size(&self) -> (usize, usize) {
        let (rows, width) = blocks::size(self.weight);
        if self.is_turned { (width, rows) } else { (rows, width) }
    }

    fn bias(&self) -> Result<Option<Array1<f64>>, MergeError> {
        let Some(bias) = self.plan.base.find(&format!("{}.bias", self.module)) else { return Ok(None) };
        let bias = self.plan.whole.get(bias.name()).copied().unwrap_or(bias);
        Ok(Some(Array1::from_vec(bias.to_f64_vec()?)))
    }

    /// The update, if it needs no more of the weight than a block at a time.
    fn by_blocks(&self) -> Result<Option<Boxed<f64>>, MergeError> {
        let (outputs, inputs) = self.size();
        let given = || Given::Sizes(outputs, inputs);
        match self.rewritten(given()).and_then(|_| self.update(given())) {
            Ok(update) if blocks::serve(&*update, (outputs, inputs), self.is_turned) => Ok(Some(update)),
            Ok(_) | Err(UpdateError::NeedsWeight) => Ok(None),
            Err(error) => Err(self.failed(error)),
        }
    }

    /// The layer with the adapter in it, as a whole.
    fn merged(&self, dtype: Dtype) -> Result<Linear<f64>, MergeError> {
        let (rows, width) = blocks::size(self.weight);
        let weight = Array2::from_shape_vec((rows, width), self.weight.to_f64_vec()?);
        let mut weight = weight.map_err(|error| self.failed(MethodError::input(error.to_string())))?;
        if self.is_turned {
            weight = weight.reversed_axes().as_standard_layout().into_owned();
        }
        let mut map = Linear { weight, bias: self.bias()? };
        let rewritten = self.rewritten(Given::Whole(&map)).map_err(|error| self.failed(error))?;
        if let Some(weight) = rewritten {
            map.weight = in_type(weight, dtype);
        }
        let update = self.update(Given::Whole(&map)).map_err(|error| self.failed(error))?;
        update.merged(&map).map_err(|error| self.failed(error))
    }

    fn site<'a>(&'a self, layer: Given<'a, f64>, drawn: &'a Parameters<f64>) -> Site<'a, f64> {
        Site { module: self.module, layer, tensors: &self.tensors, drawn }
    }

    /// What the method makes of the base weight before it adds anything. One that the adapter's file has is read after
    /// that.
    fn rewritten(&self, layer: Given<'_, f64>) -> Result<Option<Array2<f64>>, UpdateError> {
        if self.is_replaced || self.tokens().is_some() {
            return Ok(None);
        }
        let drawn = self.plan.beside.drawn.of(self.module);
        loaded(self.plan.adapter.settings(), &self.site(layer, &drawn), self.is_turned)
    }

    fn update(&self, layer: Given<'_, f64>) -> Result<Boxed<f64>, UpdateError> {
        match self.tokens() {
            // Rows of trained tokens, beside whatever else the adapter does elsewhere.
            Some(tokens) => {
                let tokens = tokens.into_iter().map(|token| usize::try_from(token).unwrap_or(usize::MAX)).collect();
                Ok(Box::new(Replaced::Tokens { tokens, rows: self.tensors.take(TOKENS)? }))
            }
            None => {
                let drawn = self.plan.beside.drawn.of(self.module);
                update(self.plan.adapter.settings(), &self.site(layer, &drawn))
            }
        }
    }

    fn tokens(&self) -> Option<Vec<u64>> {
        self.plan.adapter.tokens(self.module)
    }
}

pub(super) fn array(tensor: Tensor<'_>) -> Result<ArrayD<f64>, MergeError> {
    let array = ArrayD::from_shape_vec(IxDyn(tensor.shape()), tensor.to_f64_vec()?);
    array.map_err(|error| MergeError::file(tensor.name(), error))
}

/// A weight as a layer holds it between two steps, rounded to its type.
fn in_type(mut weight: Array2<f64>, dtype: Dtype) -> Array2<f64> {
    let round = |value: f64| match dtype {
        Dtype::F16 => half::f16::from_f64(value).to_f64(),
        Dtype::Bf16 => half::bf16::from_f64(value).to_f64(),
        // Single and double precision are not told apart in the sums that follow.
        _ => value,
    };
    weight.mapv_inplace(round);
    weight
}
