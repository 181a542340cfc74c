use super::encoder::{Aliased, node};
use super::{OracleError, Outputs, Run};
use crate::dialects::adapterhub::modules::{self, Module, Tensors, leaf, shared_leaf};
use crate::dialects::adapterhub::slots::{Placed, Site, attribute, place};
use crate::methods::lora::Lora;
use crate::methods::parameters::Parameters;
use crate::methods::{Scalar, averaging};
use crate::models::Model;
use crate::oracle::AveragingSettings;
use crate::oracle::arrays::Named;
use crate::ordered;

pub(super) fn run<T: Scalar>(run: &Run<'_>, settings: &AveragingSettings) -> Result<Outputs<T>, OracleError> {
    let model = Model::from_config(&node(&settings.model)?);
    let model = model.ok_or_else(|| OracleError::case("the model's config has no `model_type`"))?;
    let adapters = run.adapters()?;
    let weights = match settings.normalize_weights {
        true => averaging::normalized(&settings.weights),
        false => settings.weights.clone(),
    };
    if weights.len() != adapters.len() {
        return Err(OracleError::case("there is not one weight for each adapter"));
    }
    // The modules of each adapter, in the order of the model: the same ones, as their configs are equal.
    let mut modules = Vec::new();
    for (name, members) in &adapters {
        let group = format!("adapter/{name}/");
        let tensors = Aliased { group: run.group(&group), aliases: &settings.aliases };
        let tensors = Named { tensors: &tensors, attribute: attribute(&model)? };
        let placed = place(members, name, &model)?;
        let own = placed.iter().map(|placed| parameters(&tensors, placed)).collect::<Result<Vec<_>, _>>()?;
        modules.push((placed, own));
    }
    let mut outputs = Outputs::new();
    let Some((placed, _)) = modules.first() else { return Ok(outputs) };
    for (index, at) in placed.iter().enumerate() {
        let own: Vec<_> =
            modules.iter().zip(&weights).filter_map(|((_, own), weight)| Some((own.get(index)?, *weight))).collect();
        for (leaf, array) in average(settings, at, &own)? {
            let name = format!("{}.{}.{leaf}", attribute(&model)?, at.path);
            outputs.insert(name, array);
        }
    }
    // Only what was recorded is asked for: a tensor that is saved under several names is there once.
    let recorded = |name: &String| run.case.shapes.contains_key(&format!("output/f64/{name}"));
    let aliases = settings.aliases.iter();
    let aliases = ordered::map(aliases.filter_map(|(other, stored)| Some((stored.as_str()?, other.as_str()))));
    let renamed = |(name, array): (String, _)| match aliases.iter().find(|(_, other)| **other == name) {
        Some((stored, _)) if !recorded(&name) => ((*stored).to_owned(), array),
        _ => (name, array),
    };
    Ok(ordered::map(outputs.into_iter().map(renamed)))
}

fn parameters<T: Scalar>(tensors: &dyn Tensors<T>, placed: &Placed) -> Result<Parameters<T>, OracleError> {
    let path = format!("{}.", placed.path);
    Ok(match placed.site {
        Site::Shared => modules::shared(tensors, &path, &placed.module)?,
        _ => modules::own(tensors, &path, &placed.module)?,
    })
}

/// The averaged tensors of one module, by the last part of their names.
fn average<T: Scalar>(
    settings: &AveragingSettings,
    placed: &Placed,
    own: &[(&Parameters<T>, f64)],
) -> Result<Vec<(String, ndarray::ArrayD<T>)>, OracleError> {
    let average = match settings.combine_strategy.as_str() {
        "linear" => averaging::linear(own)?,
        "lora_linear_only_negate_b" => averaging::linear_only_negate_b(own)?,
        "lora_delta_w_svd" => {
            let Module::Lora(architecture) = placed.module else {
                return Err(OracleError::case("only LoRA is averaged by singular values"));
            };
            let rank = settings.svd_rank.ok_or_else(|| OracleError::case("`svd_rank` is missing"))?;
            let loras = own.iter().map(|(own, weight)| Ok((Lora::new(architecture, own)?, *weight)));
            let loras = loras.collect::<Result<Vec<_>, OracleError>>()?;
            let (a, b) = averaging::delta_svd(&loras.iter().map(|(lora, w)| (lora, *w)).collect::<Vec<_>>(), rank)?;
            return Ok(vec![("delta_w".to_owned(), b.dot(&a).into_dyn())]);
        }
        other => return Err(OracleError::case(format!("there is no strategy `{other}`"))),
    };
    let name = |role: &str| match placed.site {
        Site::Shared => shared_leaf(role),
        _ => leaf(&placed.module, role).name,
    };
    Ok(average.iter().map(|(role, array)| (name(role), array.clone())).collect())
}
