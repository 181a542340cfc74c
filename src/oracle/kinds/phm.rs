use ndarray::Ix3;

use super::{OracleError, Outputs, Run, outputs, wrong_method};
use crate::dialects::adapterhub::config::MemberConfig;
use crate::dialects::adapterhub::modules::{self, Module, hypercomplex_leaf, shared_leaf};
use crate::methods::Scalar;
use crate::methods::hypercomplex::Hypercomplex;
use crate::methods::parameters::{Parameter, Parameters};
use crate::oracle::PhmSettings;

pub(super) fn run<T: Scalar>(run: &Run<'_>, settings: &PhmSettings) -> Result<Outputs<T>, OracleError> {
    let (name, config) = run.adapter()?;
    let MemberConfig::Bottleneck(config) = config else { return Err(wrong_method(name)) };
    let (inputs, sizes) = (settings.in_features, (settings.in_features, settings.out_features));
    let (hidden, width) = if settings.position == "down" { sizes } else { (sizes.1, sizes.0) };
    let Module::Bottleneck(adapter) = modules::bottleneck(&config, hidden, 0)? else { return Err(wrong_method(name)) };
    let Some(architecture) = adapter.hypercomplex else { return Err(wrong_method(name)) };
    let own = architecture.parameters(inputs, settings.out_features);
    let own = parameters(run, &format!("adapter/{name}/"), &own, &|role| hypercomplex_leaf(role).to_owned())?;
    let shared = architecture.shared_parameters(hidden, width);
    let shared = parameters(run, &format!("shared/{name}/"), &shared, &shared_leaf)?;
    let layer = Hypercomplex::<T>::new(&architecture, sizes, &settings.position, &own, &shared)?;
    let x = run.units::<T, Ix3>("input/x", inputs)?;
    Ok(outputs([("y", layer.forward(x.view()))]))
}

fn parameters<T: Scalar>(
    run: &Run<'_>,
    group: &str,
    expected: &[Parameter],
    leaf: &dyn Fn(&str) -> String,
) -> Result<Parameters<T>, OracleError> {
    let mut parameters = Parameters::new();
    for parameter in expected {
        // A layer uses the shared factors of its own position only.
        if let Some(array) = run.group(group).real::<T>(&leaf(&parameter.role))? {
            parameters.insert(parameter.role.clone(), array);
        }
    }
    Ok(parameters)
}
