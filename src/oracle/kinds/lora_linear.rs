use ndarray::{Array2, Ix1, Ix2, Ix3};

use super::{OracleError, Outputs, Run, wrong_method};
use crate::dialects::adapterhub::config::MemberConfig;
use crate::dialects::adapterhub::modules::{self, LowRank, Weight};
use crate::methods::Scalar;
use crate::methods::adapted_linear::{AdaptedLinear, Update};
use crate::methods::composition::Pass;
use crate::methods::linear::Linear;
use crate::oracle::LoraLinearSettings;

pub(super) fn run<T: Scalar>(run: &Run<'_>, settings: &LoraLinearSettings) -> Result<Outputs<T>, OracleError> {
    let weight = Weight { inputs: settings.in_features, outputs: settings.out_features, merged: false };
    let mut layer = AdaptedLinear {
        stored_transposed: settings.fan_in_fan_out,
        ..AdaptedLinear::new(base(run, weight, settings.fan_in_fan_out)?)
    };
    for (name, members) in run.adapters()? {
        if !run.is_here(name) {
            continue;
        }
        let update = update(run, name, &members, weight)?;
        layer.updates.insert(name.to_owned(), update);
    }
    let setup = run.setup();
    let tasks = run
        .whole::<Ix1>("input/task_ids")?
        .map(|tasks| tasks.iter().map(|&task| usize::try_from(task).unwrap_or(usize::MAX)).collect());
    let mut pass = Pass { task_ids: tasks, ..Pass::default() };
    let x = run.array::<T, Ix3>("input/x")?.into_shared();
    let y = layer.forward(setup.as_ref(), &x, &mut pass)?;
    let mut outputs = Outputs::from([("y".to_owned(), y.into_dyn())]);
    let is_recorded = run.case.shapes.contains_key("output/f64/merged_weight");
    if let (true, Some((name, update))) = (is_recorded, layer.updates.iter().next()) {
        let merged = layer.merge(name)?;
        // After DoRA, the library computes the weight before it was merged, and does not put it back.
        let reset = match update {
            Update::Lora(lora) if lora.magnitude.is_some() => merged.weight.clone(),
            Update::Vera(vera) if vera.magnitude.is_some() => merged.weight.clone(),
            _ => layer.unmerge(name, &merged)?,
        };
        let linear = Linear { weight: merged.weight.clone(), bias: layer.base.bias.clone() };
        outputs.insert("merged_y".to_owned(), linear.forward(&x).into_dyn());
        outputs.insert("merged_weight".to_owned(), stored(merged.weight, settings.fan_in_fan_out).into_dyn());
        outputs.insert("reset_weight".to_owned(), stored(reset, settings.fan_in_fan_out).into_dyn());
    }
    Ok(outputs)
}

/// The model's own layer.
pub(super) fn base<T: Scalar>(run: &Run<'_>, sizes: Weight, transposed: bool) -> Result<Linear<T>, OracleError> {
    let weight = stored(run.array::<T, Ix2>("base/weight")?, transposed);
    if weight.dim() != (sizes.outputs, sizes.inputs) {
        let (found, Weight { outputs, inputs, .. }) = (weight.dim(), sizes);
        return Err(OracleError::case(format!("`base/weight` should be {outputs} × {inputs}, and is {found:?}")));
    }
    let bias = run.optional::<T, Ix1>("base/bias")?;
    let bias = bias.map(|_| run.units::<T, Ix1>("base/bias", sizes.outputs)).transpose()?;
    Ok(Linear { weight, bias })
}

/// A weight the other way round, if it is stored so.
pub(super) fn stored<T: Scalar>(weight: Array2<T>, transposed: bool) -> Array2<T> {
    if transposed { weight.reversed_axes().as_standard_layout().into_owned() } else { weight }
}

/// The update of an adapter.
pub(super) fn update<T: Scalar>(
    run: &Run<'_>,
    name: &str,
    members: &[MemberConfig],
    weight: Weight,
) -> Result<Update<T>, OracleError> {
    let config: &dyn LowRank = match members {
        [MemberConfig::Lora(config)] => config,
        [MemberConfig::MtlLora(config)] => config,
        _ => return Err(wrong_method(name)),
    };
    let module = modules::low_rank(config, weight)?;
    let own = modules::own::<T>(&run.group(&format!("adapter/{name}/")), "", &module)?;
    let shared = modules::shared::<T>(&run.group(&format!("shared/{name}/")), "", &module)?;
    modules::update(&module, &own, &shared)?.ok_or_else(|| wrong_method(name))
}
