//! How each kind of case is run: one file a kind.

mod activation;
mod averaging;
mod bottleneck_layer;
mod encoder;
mod fusion;
mod invertible;
mod lora_linear;
mod lora_merged_linear;
mod peft_attention;
mod peft_block;
mod peft_layer;
mod peft_prompt;
mod phm;
mod prefix_tuning;
mod prompt_tuning;
mod reft;

use ndarray::{Array, Array3, ArrayD, Dimension};

use super::arrays::Outputs;
use super::{Case, Group, OracleError, Subject};
use crate::dialects::adapterhub::config::{FusionConfig, MemberConfig};
use crate::dialects::adapterhub::load::{Kind, Loader, Names, Resolved};
use crate::dialects::adapterhub::modules;
use crate::merge::{Layered, Origin};
use crate::methods::Scalar;
use crate::methods::composition::Setup;
use crate::ordered;
use crate::tensors::TensorFile;
use crate::value::{Map, Value};

/// Computes the outputs of a case, in double or single precision.
///
/// # Errors
/// If an array or a setting is missing, a config builds nothing, or the method says no.
pub fn run<T: Scalar>(case: &Case, arrays: &TensorFile) -> Result<Outputs<T>, OracleError> {
    let run = Run { case, arrays };
    match &case.subject {
        Subject::Activation(settings) => activation::run(&run, settings),
        Subject::BottleneckLayer(settings) => bottleneck_layer::run(&run, settings),
        Subject::Invertible(settings) => invertible::run(&run, settings),
        Subject::Phm(settings) => phm::run(&run, settings),
        Subject::Fusion(settings) => fusion::run(&run, settings),
        Subject::LoraLinear(settings) => lora_linear::run(&run, settings),
        Subject::LoraMergedLinear(settings) => lora_merged_linear::run(&run, settings),
        Subject::PrefixTuning(settings) => prefix_tuning::run(&run, settings),
        Subject::PromptTuning(settings) => prompt_tuning::run(&run, settings),
        Subject::Reft(settings) => reft::run(&run, settings),
        Subject::Averaging(settings) => averaging::run(&run, settings),
        Subject::Encoder(settings) => encoder::run(&run, settings),
        Subject::PeftLayer(settings) => peft_layer::run(&run, settings),
        Subject::PeftAttention(settings) => peft_attention::run(&run, settings),
        Subject::PeftBlock(settings) => peft_block::run(&run, settings),
        Subject::PeftPrompt(settings) => peft_prompt::run(&run, settings),
    }
}

/// A case with its arrays.
struct Run<'a> {
    case: &'a Case,
    arrays: &'a TensorFile,
}

impl<'a> Run<'a> {
    fn group<'g>(&'g self, prefix: &'g str) -> Group<'g> {
        Group { file: self.arrays, prefix }
    }

    /// An array that has to be there, with its number of dimensions.
    fn array<T: Scalar, D: Dimension>(&self, name: &str) -> Result<Array<T, D>, OracleError> {
        self.optional(name)?.ok_or_else(|| OracleError::case(format!("the array `{name}` is missing")))
    }

    /// An array that may be absent.
    fn optional<T: Scalar, D: Dimension>(&self, name: &str) -> Result<Option<Array<T, D>>, OracleError> {
        self.group("").real::<T>(name)?.map(|array| dimensions(array, name)).transpose()
    }

    /// An array of whole numbers that may be absent.
    fn whole<D: Dimension>(&self, name: &str) -> Result<Option<Array<i64, D>>, OracleError> {
        self.group("").whole(name)?.map(|array| dimensions(array, name)).transpose()
    }

    /// The names of the adapters and their typed configs, a union as its members.
    fn adapters(&self) -> Result<Vec<(&'a str, Vec<MemberConfig>)>, OracleError> {
        let adapter = |(name, config): (&'a String, &serde_json::Value)| {
            let resolved = load(config, Kind::Adapter)?;
            let members =
                modules::members(&resolved).map_err(|error| OracleError::case(format!("adapter `{name}`: {error}")))?;
            Ok((name.as_str(), members))
        };
        self.case.adapters.iter().map(adapter).collect()
    }

    /// An array whose last axis has to be so long.
    fn units<T: Scalar, D: Dimension>(&self, name: &str, units: usize) -> Result<Array<T, D>, OracleError> {
        let array = self.array::<T, D>(name)?;
        match array.shape().last() {
            Some(last) if *last == units => Ok(array),
            _ => {
                let found = array.shape();
                Err(OracleError::case(format!(
                    "the array `{name}` should have {units} units, and has the shape {found:?}"
                )))
            }
        }
    }

    /// Whether an adapter has a module at the place that is run: one that leaves it out has no arrays.
    fn is_here(&self, adapter: &str) -> bool {
        self.group(&format!("adapter/{adapter}/")).names().next().is_some()
    }

    /// The only adapter and its only config.
    fn adapter(&self) -> Result<(&'a str, MemberConfig), OracleError> {
        let mut adapters = self.adapters()?;
        match (adapters.pop(), adapters.is_empty()) {
            (Some((name, members)), true) => match <[MemberConfig; 1]>::try_from(members) {
                Ok([member]) => Ok((name, member)),
                Err(_) => Err(OracleError::case("a union cannot be run at one place")),
            },
            _ => Err(OracleError::case("this kind of case runs one adapter")),
        }
    }

    /// The config of one of PEFT's adapters.
    fn peft_config(config: &serde_json::Value) -> Result<Map, OracleError> {
        match config {
            serde_json::Value::Object(config) => Ok(config.into()),
            _ => Err(OracleError::case("a config is no object")),
        }
    }

    /// The name and the config of the only adapter, one of PEFT's.
    fn only_peft(&self) -> Result<(&'a str, Map), OracleError> {
        match self.case.adapters.iter().collect::<Vec<_>>().as_slice() {
            [(name, config)] => Ok((name.as_str(), Self::peft_config(config)?)),
            _ => Err(OracleError::case("this kind of case runs one adapter")),
        }
    }

    /// The names and configs of the AdapterFusions.
    fn fusions(&self) -> Result<Vec<(&'a str, FusionConfig)>, OracleError> {
        let fusion = |(name, config): (&'a String, &serde_json::Value)| {
            let resolved = load(config, Kind::Fusion)?;
            let config = resolved.config().value().typed();
            let config = config.map_err(|error| OracleError::case(format!("fusion `{name}`: {error}")))?;
            Ok((name.as_str(), config))
        };
        self.case.fusions.iter().map(fusion).collect()
    }

    /// The composition; without one no adapter is active.
    fn setup(&self) -> Option<Setup> {
        self.case.setup.as_ref().map(Setup::from)
    }
}

/// Loads a config as the library does, defaults included.
fn load(config: &serde_json::Value, kind: Kind) -> Result<Resolved, OracleError> {
    let loader = Loader { kind, names: Names::Library, ..Loader::default() };
    let layered = Layered::new(Value::from(config), &Origin::Inline);
    loader.load_value(&layered, &[])?.ok_or_else(|| OracleError::case("a config is empty"))
}

fn dimensions<A: Clone, D: Dimension>(array: ArrayD<A>, name: &str) -> Result<Array<A, D>, OracleError> {
    let found = array.ndim();
    array.into_dimensionality().map_err(|_| {
        let expected = D::NDIM.unwrap_or_default();
        OracleError::case(format!("the array `{name}` should have {expected} dimensions, and has {found}"))
    })
}

/// Outputs of three dimensions.
fn outputs<T, const N: usize>(arrays: [(&str, Array3<T>); N]) -> Outputs<T> {
    ordered::map(arrays.map(|(name, array)| (name.to_owned(), array.into_dyn())))
}

/// No case calls a module more often.
const MOST_CALLS: u32 = 10_000;

/// The calls of a case, if they are not too many to be meant.
fn calls(calls: u32) -> Result<std::ops::Range<u32>, OracleError> {
    if calls > MOST_CALLS {
        return Err(OracleError::case(format!("`calls` is {calls}; at most {MOST_CALLS} are made")));
    }
    Ok(0..calls)
}

/// The name of the output of a further call: `name`, `name.2`, `name.3` …
fn of_call(name: &str, call: u32) -> String {
    if call == 0 { name.to_owned() } else { format!("{name}.{}", call + 1) }
}

/// The method does not belong to this kind of case.
fn wrong_method(name: &str) -> OracleError {
    OracleError::case(format!("the config of adapter `{name}` is of another method than the case runs"))
}
