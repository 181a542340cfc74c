use ndarray::{Ix1, Ix3};

use super::{OracleError, Outputs, Run, calls, of_call, wrong_method};
use crate::dialects::adapterhub::config::MemberConfig;
use crate::dialects::adapterhub::modules::{self, Module};
use crate::methods::Scalar;
use crate::methods::bottleneck::Bottleneck;
use crate::methods::bottleneck_place::BottleneckPlace;
use crate::methods::composition::Pass;
use crate::methods::fusion::Fusion;
use crate::methods::layer_norm::LayerNorm;
use crate::oracle::BottleneckLayerSettings;

pub(super) fn run<T: Scalar>(run: &Run<'_>, settings: &BottleneckLayerSettings) -> Result<Outputs<T>, OracleError> {
    let mut place = BottleneckPlace::default();
    for (name, members) in run.adapters()? {
        let [MemberConfig::Bottleneck(config)] = members.as_slice() else { return Err(wrong_method(name)) };
        if config.leave_out.contains(&settings.layer) {
            continue;
        }
        let module = modules::bottleneck(config, settings.hidden_size, settings.layer)?;
        // Only an adapter whose parameters are all shared has no arrays of its own.
        if !run.is_here(name) && !module.parameters().is_empty() {
            continue;
        }
        let own = modules::own::<T>(&run.group(&format!("adapter/{name}/")), "", &module)?;
        let shared = modules::shared::<T>(&run.group(&format!("shared/{name}/")), "", &module)?;
        let Module::Bottleneck(architecture) = module else { return Err(wrong_method(name)) };
        place.adapters.insert(name.to_owned(), Bottleneck::new(*architecture, &own, &shared)?);
    }
    for (name, config) in run.fusions()? {
        let module = modules::fusion(&config, settings.hidden_size);
        let own = modules::own::<T>(&run.group(&format!("fusion/{name}/")), "", &module)?;
        let Module::Fusion(architecture) = module else { return Err(wrong_method(name)) };
        place.fusions.insert(name.to_owned(), Fusion::new(architecture, &own)?);
    }
    let norm = match settings.layer_norm_eps {
        None => None,
        Some(epsilon) => Some(LayerNorm {
            weight: run.units::<T, Ix1>("base/LayerNorm.weight", settings.hidden_size)?,
            bias: run.units::<T, Ix1>("base/LayerNorm.bias", settings.hidden_size)?,
            epsilon,
        }),
    };
    let hidden_states = run.units::<T, Ix3>("input/hidden_states", settings.hidden_size)?.into_shared();
    let residual = run.optional::<T, Ix3>("input/residual")?.map(ndarray::Array::into_shared);
    let setup = run.setup();
    let mut outputs = Outputs::new();
    for call in calls(settings.calls)? {
        let mut pass = Pass { call, ..Pass::default() };
        let output = place.forward(setup.as_ref(), &hidden_states, residual.as_ref(), norm.as_ref(), &mut pass)?;
        outputs.insert(of_call("hidden_states", call), output.into_dyn());
    }
    Ok(outputs)
}
