use ndarray::Ix3;

use super::lora_linear::{base, stored, update};
use super::{OracleError, Outputs, Run, wrong_method};
use crate::dialects::adapterhub::config::MemberConfig;
use crate::dialects::adapterhub::modules::{LowRank as _, Weight};
use crate::methods::Scalar;
use crate::methods::linear::Linear;
use crate::methods::merged_linear::MergedLinear;
use crate::oracle::LoraMergedLinearSettings;

pub(super) fn run<T: Scalar>(run: &Run<'_>, settings: &LoraMergedLinearSettings) -> Result<Outputs<T>, OracleError> {
    let (name, config) = run.adapter()?;
    let enabled = match &config {
        MemberConfig::Lora(config) => config.matrices(),
        MemberConfig::MtlLora(config) => config.matrices(),
        _ => return Err(wrong_method(name)),
    };
    let weight = Weight { inputs: settings.in_features, outputs: settings.out_features, merged: true };
    let update = update(run, name, &[config], weight)?;
    let layer = MergedLinear { base: base::<T>(run, weight, settings.fan_in_fan_out)?, enabled, update };
    let x = run.units::<T, Ix3>("input/x", settings.in_features)?;
    if run.setup().is_none() {
        return Ok(Outputs::from([("y".to_owned(), layer.base.forward(&x).into_dyn())]));
    }
    let mut outputs = Outputs::from([("y".to_owned(), layer.forward(&x)?.into_dyn())]);
    if run.case.shapes.contains_key("output/f64/merged_weight") {
        let merged = Linear { weight: layer.merge()?, bias: layer.base.bias.clone() };
        outputs.insert("merged_y".to_owned(), merged.forward(&x).into_dyn());
        let weight = stored(merged.weight.clone(), settings.fan_in_fan_out);
        outputs.insert("merged_weight".to_owned(), weight.into_dyn());
        let reset = MergedLinear { base: merged, ..layer }.unmerge()?;
        outputs.insert("reset_weight".to_owned(), stored(reset, settings.fan_in_fan_out).into_dyn());
    }
    Ok(outputs)
}
