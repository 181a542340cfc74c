use ndarray::IxDyn;

use super::{OracleError, Outputs, Run};
use crate::dialects::adapterhub::config;
use crate::dialects::adapterhub::modules::{activation, activation_leaf};
use crate::methods::Scalar;
use crate::methods::activation::Activation;
use crate::methods::parameters::Parameters;
use crate::oracle::ActivationSettings;

pub(super) fn run<T: Scalar>(run: &Run<'_>, settings: &ActivationSettings) -> Result<Outputs<T>, OracleError> {
    let name: config::Activation =
        settings.function.parse().map_err(|error: config::UnknownActivation| OracleError::case(error.to_string()))?;
    let function = activation(name);
    let mut parameters = Parameters::new();
    for parameter in function.parameters() {
        let array = run.array::<T, IxDyn>(&format!("adapter/a/{}", activation_leaf(&parameter.role)))?;
        parameters.insert(parameter.role, array);
    }
    let x = run.array::<T, IxDyn>("input/x")?;
    let y = Activation::new(function, &parameters)?.forward(&x);
    Ok([("y".to_owned(), y)].into())
}
