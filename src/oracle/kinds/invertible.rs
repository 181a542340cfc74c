use ndarray::Ix3;

use super::{OracleError, Outputs, Run, outputs, wrong_method};
use crate::dialects::adapterhub::config::MemberConfig;
use crate::dialects::adapterhub::modules::{self, Module};
use crate::methods::Scalar;
use crate::methods::coupling::Coupling;
use crate::oracle::InvertibleSettings;

pub(super) fn run<T: Scalar>(run: &Run<'_>, settings: &InvertibleSettings) -> Result<Outputs<T>, OracleError> {
    let (name, config) = run.adapter()?;
    let MemberConfig::Bottleneck(config) = config else { return Err(wrong_method(name)) };
    let module = modules::coupling(&config, settings.embedding_size)?;
    let Some(module @ Module::Coupling(architecture)) = module else { return Err(wrong_method(name)) };
    let own = modules::own::<T>(&run.group(&format!("adapter/{name}/")), "", &module)?;
    let coupling = Coupling::new(architecture, &own)?;
    let x = run.array::<T, Ix3>("input/hidden_states")?;
    Ok(outputs([("forward", coupling.forward(&x)?), ("inverse", coupling.inverse(&x)?)]))
}
