//! What PEFT draws, or counts, over all adapted modules of a model when it loads an adapter, and does not save.

mod bases;
mod clusters;
mod numpy;
mod torch;

use std::collections::BTreeMap;
use std::sync::Arc;

use ndarray::{Array1, Array2, ArrayD};

use super::{Settings, UpdateError};
use crate::dialects::peft::PeftType::{Pvera, Randlora, Tinylora, Unilora, Vera};
use crate::methods::MethodError;
use crate::methods::parameters::Parameters;

pub(super) use clusters::clusters;
pub use torch::permutation_start;

/// An adapted module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its path in the model.
    pub module: String,
    /// Rows and columns of its weight as an affine map, `[out, in]`.
    pub shape: (usize, usize),
}

/// What an adapter's file lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Lacking {
    /// Nothing.
    Nothing,
    /// What follows from the sizes of all adapted modules: the shared matrices of VeRA, PVeRA and RandLoRA
    /// (`save_projection`).
    Projection,
    /// What follows from their order in the model: TinyLoRA's vectors of several groups, and its projections, if those
    /// are not saved.
    Order,
    /// What follows from which modules are adapted, which the file does not say, and from their order: Uni-LoRA's
    /// positions (`save_indices`).
    Modules,
}

impl Lacking {
    /// For the names of the tensors that modules share, and of one module's own.
    #[must_use]
    pub fn of<'n>(
        config: Settings<'_>,
        mut shared: impl Iterator<Item = &'n str>,
        mut own: impl Iterator<Item = &'n str>,
    ) -> Self {
        match config.peft_type() {
            Some(Vera) if !shared.any(|name| name == "vera_A") => Self::Projection,
            Some(Pvera) if !shared.any(|name| name == "pvera_A") => Self::Projection,
            Some(Randlora) if !shared.any(|name| name == "randlora_A") => Self::Projection,
            Some(Tinylora) if shared.filter(|name| name.starts_with("tinylora_v.")).count() > 1 => Self::Order,
            Some(Tinylora) if !own.any(|role| role == "tinylora_P") => Self::Order,
            Some(Unilora) if !own.any(|role| role == "unilora_indices_A") => Self::Modules,
            _ => Self::Nothing,
        }
    }
}

/// What was drawn, for each module.
#[derive(Debug, Default)]
pub struct Drawn {
    shared: Vec<(String, Arc<ArrayD<f64>>)>,
    own: BTreeMap<String, Vec<(&'static str, ArrayD<f64>)>>,
}

impl Drawn {
    /// Draws what PEFT 0.21.2 draws for an adapter on these modules, in the order of the model.
    ///
    /// # Errors
    /// If a seed is none, or it would be too much.
    pub fn new(config: Settings<'_>, places: &[Place]) -> Result<Self, UpdateError> {
        match config.peft_type() {
            Some(Vera) => projections(config, "vera", 1, places),
            Some(Pvera) => projections(config, "pvera", 2, places),
            Some(Randlora) => bases::bases(config, places),
            Some(Tinylora) => groups(config, places),
            Some(Unilora) => positions(config, places),
            _ => Ok(Self::default()),
        }
    }

    /// For one module.
    #[must_use]
    pub fn of(&self, module: &str) -> Parameters<f64> {
        let mut parameters = Parameters::new();
        for (role, array) in &self.shared {
            parameters.insert(role.as_str(), Arc::clone(array));
        }
        for (role, array) in self.own.get(module).into_iter().flatten() {
            parameters.insert(*role, array.clone());
        }
        parameters
    }
}

/// The most numbers that are drawn: a gigabyte in double precision.
const MOST: usize = 1 << 27;

fn bounded(sizes: &[usize]) -> Result<usize, MethodError> {
    let count = sizes.iter().try_fold(1_usize, |product, size| product.checked_mul(*size));
    count
        .filter(|count| *count <= MOST)
        .ok_or_else(|| MethodError::input(format!("there are too many numbers to draw: {sizes:?}")))
}

fn seed(config: Settings<'_>, key: &'static str) -> Result<u64, MethodError> {
    config.seed(key).ok_or_else(|| MethodError::undefined(format!("`{key}` is not a seed that is supported here")))
}

fn wide<D: ndarray::Dimension>(
    values: Vec<f32>,
    shape: impl ndarray::IntoDimension<Dim = D>,
) -> Result<ArrayD<f64>, MethodError> {
    let array = ndarray::Array::from_shape_vec(shape.into_dimension(), values);
    let array = array.map_err(|error| MethodError::input(error.to_string()))?;
    Ok(array.mapv(f64::from).into_dyn())
}

/// VeRA and PVeRA (`tuners/vera/model.py`, `tuners/pvera/model.py`): both matrices by He's uniform initialisation (2015,
/// arXiv:1502.01852) from one generator, as large as the largest module asks for.
fn projections(config: Settings<'_>, name: &str, parts: usize, places: &[Place]) -> Result<Drawn, UpdateError> {
    let rank = config.size("r");
    let outputs = places.iter().map(|place| place.shape.0).max().unwrap_or_default();
    let inputs = places.iter().map(|place| place.shape.1).max().unwrap_or_default();
    let mut twister = torch::Twister::new(seed(config, "projection_prng_key")?);
    let mut kaiming = |rows: usize, columns: usize| {
        let count = bounded(&[rows, columns])?;
        let bound = 3.0_f64.sqrt() * (2.0_f64.sqrt() / (columns as f64).sqrt());
        #[expect(clippy::cast_possible_truncation, reason = "the tensor is of single precision")]
        let bound = bound as f32;
        wide(twister.uniform(count, -bound, bound), (rows, columns))
    };
    let a = kaiming(rank.saturating_mul(parts), inputs)?;
    let b = kaiming(outputs, rank)?;
    Ok(Drawn { shared: vec![(format!("{name}_A"), a.into()), (format!("{name}_B"), b.into())], own: BTreeMap::new() })
}

/// TinyLoRA (`tuners/tinylora/model.py`, `layer.py`): which vector a module has, and its projections, normal numbers of
/// the deviation `1 / √r` from the seed plus the module's number.
fn groups(config: Settings<'_>, places: &[Place]) -> Result<Drawn, UpdateError> {
    let tying = config.number("weight_tying");
    let (base, rank, count) = (seed(config, "projection_seed")?, config.size("r"), config.size("u"));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most the number of modules")]
    let groups = (((places.len() as f64) * (1.0 - tying)).round_ties_even().max(1.0)) as usize;
    let size = (places.len() / groups).max(1);
    let mut own = BTreeMap::new();
    for (at, place) in places.iter().enumerate() {
        let group = (at / size).min(groups - 1);
        let rank = rank.min(place.shape.0).min(place.shape.1);
        let mut twister = torch::Twister::new(base.wrapping_add(at as u64));
        let pieces = twister.normal(bounded(&[count, rank, rank])?, 1.0 / (rank as f64).sqrt());
        let pieces = wide(pieces, (count, rank, rank))?;
        own.insert(place.module.clone(), vec![("group", Array1::from_elem(1, group as f64).into_dyn()), ("P", pieces)]);
    }
    Ok(Drawn { shared: Vec::new(), own })
}

/// Uni-LoRA (`tuners/unilora/model.py`): the numbers of all A and B, module by module, are given the positions of the
/// vector evenly, shuffled; a factor is one over the root of how often its position is taken.
fn positions(config: Settings<'_>, places: &[Place]) -> Result<Drawn, UpdateError> {
    let rank = config.size("r");
    let length = u32::try_from(config.size("theta_d_length")).ok().filter(|length| *length > 0);
    let length = length.ok_or_else(|| MethodError::undefined("`theta_d_length` is not a length"))?;
    let counts = places.iter().map(|place| place.shape.0.checked_add(place.shape.1)?.checked_mul(rank));
    let total = counts.sum::<Option<usize>>().unwrap_or(usize::MAX);
    let total = bounded(&[total])?;
    let (each, rest) = (total / length as usize, total % length as usize);
    let mut generator = numpy::Generator::new(seed(config, "proj_seed")?);
    let mut all: Vec<u32> = Vec::with_capacity(total);
    // A vector longer than what it fills is not gone through.
    if each > 0 {
        all.extend((0..length).flat_map(|at| std::iter::repeat_n(at, each)));
    }
    if rest > 0 {
        all.append(&mut generator.choice(length, u32::try_from(rest).unwrap_or(length)));
    }
    generator.shuffle(&mut all);
    let mut taken: BTreeMap<u32, usize> = BTreeMap::new();
    all.iter().for_each(|at| *taken.entry(*at).or_default() += 1);
    let mut all = all.into_iter();
    let mut own = BTreeMap::new();
    for place in places {
        let mut matrix = |rows: usize, columns: usize| {
            let part: Vec<u32> = all.by_ref().take(rows * columns).collect();
            let factors = part.iter().map(|at| {
                // A root of single precision.
                let taken = taken.get(at).copied().unwrap_or(1) as f32;
                f64::from(1.0 / taken.sqrt())
            });
            let shape = (rows, columns);
            let factors = Array2::from_shape_vec(shape, factors.collect());
            let indices = Array2::from_shape_vec(shape, part.into_iter().map(f64::from).collect());
            let pair = indices.and_then(|indices| Ok((indices.into_dyn(), factors?.into_dyn())));
            pair.map_err(|error| MethodError::input(error.to_string()))
        };
        let (a, factors_a) = matrix(rank, place.shape.1)?;
        let (b, factors_b) = matrix(place.shape.0, rank)?;
        let roles = vec![("indices_A", a), ("scales_A", factors_a), ("indices_B", b), ("scales_B", factors_b)];
        own.insert(place.module.clone(), roles);
    }
    Ok(Drawn { shared: Vec::new(), own })
}
