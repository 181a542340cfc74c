//! A whole model with either adapter, on one input.

use ndarray::Array2;

use super::entering::rounding;
use super::error::RunError;
use super::measure::Measure;
use super::outcome::Run;
use crate::convert::{Container, Options, OutputKind, Plan, Source};
use crate::dialects::adapterhub::Role;
use crate::document::Node;
use crate::files::Existing;
use crate::methods::composition::{Pass, Setup};
use crate::methods::encoder::Inputs;
use crate::oracle::{AdaptedModel, AdapterFolder, Attention, Group};
use crate::tensors::TensorFile;

/// A base model with its tensors.
#[derive(Debug)]
pub struct Base<'a> {
    /// Its `config.json`.
    pub config: &'a Node,
    /// Its tensors.
    pub tensors: &'a TensorFile,
}

/// Examples and tokens of the input.
const SIZE: (usize, usize) = (2, 12);

/// What rounding explains in the states behind a whole model in double precision, where the adapters' numbers are not
/// rounded to less.
const TOLERANCE: f64 = 1e-9;

/// Runs the model with either adapter, both as the newest release has them.
pub(super) fn run(base: &Base<'_>, sources: &[Source; 2], options: &Options, tolerance: Option<f64>) -> Run {
    let [one, other] = sources.each_ref().map(|source| states(base, source, options));
    let ((one, steps_a), (other, steps_b)) = match (one, other) {
        (Ok(one), Ok(other)) => (one, other),
        (Err(why), _) | (_, Err(why)) => return Run::failed(&why),
    };
    if one.len() != other.len() {
        return Run::failed(&RunError::Sizes);
    }
    let measure = Measure::between(one, other);
    let finite = |number: f64| number.is_finite().then_some(number);
    Run {
        failed: None,
        absolute: finite(measure.absolute),
        relative: finite(measure.relative()),
        same: measure.is_within(tolerance.unwrap_or_else(|| steps_a.max(steps_b).max(TOLERANCE))),
    }
}

/// The last states, and what rounding of the adapter's numbers explains in them.
fn states(base: &Base<'_>, source: &Source, options: &Options) -> Result<(Vec<f64>, f64), RunError> {
    let mut plan = Plan::new(source, options)?;
    plan.outputs.retain(|output| output.kind == OutputKind::AdapterHub(Role::Adapter));
    if plan.outputs.is_empty() {
        return Err(RunError::NoAdapter(source.path.clone()));
    }
    let tensors = plan.outputs.iter().flat_map(|output| &output.tensors);
    let steps = rounding(tensors.map(|carried| carried.dtype));
    let scratch = tempfile::tempdir().map_err(RunError::Scratch)?;
    let folder = scratch.path().join("adapter");
    plan.write(source, &folder, Container::Safetensors, Existing::Refuse, &|_| ())?;
    let adapter = AdapterFolder::open(&folder)?;
    let group = Group { file: base.tensors, prefix: "" };
    let mut model = AdaptedModel::<f64>::new(base.config, &group, Attention::default())?;
    adapter.add_to(&mut model, true)?;
    let setup = Setup::stack([adapter.name.as_str()]);
    let output = model.forward(&inputs(base.config), Some(&setup), &mut Pass::default())?;
    let states = output.last_hidden_state().ok_or(RunError::NoStates)?;
    Ok((states.iter().copied().collect(), steps))
}

/// Tokens all over the vocabulary, always the same ones.
fn inputs(config: &Node) -> Inputs {
    let vocabulary = config.get("vocab_size").and_then(|size| size.value().as_i64()).unwrap_or(1).max(1);
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let input_ids = Array2::from_shape_simple_fn(SIZE, || {
        // Xorshift.
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        i64::try_from(state >> 1).unwrap_or_default() % vocabulary
    });
    Inputs { input_ids, attention_mask: None, token_type_ids: None, position_ids: None }
}
