use ndarray::{Ix3, Ix4};

use super::{OracleError, Outputs, Run, calls, of_call, wrong_method};
use crate::dialects::adapterhub::modules::{self, Module};
use crate::methods::{Scalar, fusion};
use crate::oracle::FusionSettings;

pub(super) fn run<T: Scalar>(run: &Run<'_>, settings: &FusionSettings) -> Result<Outputs<T>, OracleError> {
    let fusions = run.fusions()?;
    let [(name, config)] = fusions.as_slice() else { return Err(OracleError::case("this kind runs one fusion")) };
    let module = modules::fusion(config, settings.hidden_size);
    let own = modules::own::<T>(&run.group(&format!("fusion/{name}/")), "", &module)?;
    let Module::Fusion(architecture) = module else { return Err(wrong_method(name)) };
    let fusion = fusion::Fusion::new(architecture, &own)?;
    let query = run.array::<T, Ix3>("input/query")?;
    let value = run.array::<T, Ix4>("input/value")?;
    let residual = run.array::<T, Ix3>("input/residual")?;
    let mut outputs = Outputs::new();
    for call in calls(settings.calls)? {
        let context = fusion.forward(&query, &value, &residual, call)?;
        outputs.insert(of_call("context", call), context.into_dyn());
    }
    Ok(outputs)
}
