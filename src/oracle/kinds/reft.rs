use ndarray::{Ix2, Ix3};

use super::{OracleError, Outputs, Run, wrong_method};
use crate::dialects::adapterhub::config::MemberConfig;
use crate::dialects::adapterhub::modules::{self, Module};
use crate::methods::Scalar;
use crate::methods::reft::{Extent, Reft};
use crate::oracle::ReftSettings;

pub(super) fn run<T: Scalar>(run: &Run<'_>, settings: &ReftSettings) -> Result<Outputs<T>, OracleError> {
    let (name, config) = run.adapter()?;
    let MemberConfig::Reft(config) = config else { return Err(wrong_method(name)) };
    let module = modules::reft(&config, settings.hidden_size, settings.subtract_projection);
    let own = modules::own::<T>(&run.group(&format!("adapter/{name}/")), "", &module)?;
    let Module::Reft(architecture) = module else { return Err(wrong_method(name)) };
    let reft = Reft::new(architecture, &own)?;
    let states = run.array::<T, Ix3>("input/hidden_states")?;
    let extent = match run.whole::<Ix2>("input/attention_mask")? {
        Some(mask) => Extent::of_mask(&mask),
        None => Extent::whole(states.dim().0, states.dim().1),
    };
    let output = reft.forward(&states, &extent)?;
    let mut outputs = Outputs::from([("hidden_states".to_owned(), output.into_dyn())]);
    for (index, projection) in reft.projections().enumerate() {
        outputs.insert(format!("projection.{index}"), projection.clone().into_dyn());
    }
    Ok(outputs)
}
