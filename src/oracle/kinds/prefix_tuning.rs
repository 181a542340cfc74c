use ndarray::{Ix3, Ix4};

use super::{OracleError, Outputs, Run, wrong_method};
use crate::dialects::adapterhub::config::MemberConfig;
use crate::dialects::adapterhub::modules::{self, Attention, Module};
use crate::methods::Scalar;
use crate::methods::composition::Pass;
use crate::methods::gate::Gate;
use crate::methods::prefix_tuning::{AttentionState, LayerPrefix, Prefix, PrefixPlace};
use crate::models::MAX_LAYERS;
use crate::oracle::PrefixTuningSettings;

pub(super) fn run<T: Scalar>(run: &Run<'_>, settings: &PrefixTuningSettings) -> Result<Outputs<T>, OracleError> {
    let attention = Attention {
        layers: 0,
        heads: settings.key_value_heads,
        head_size: settings.head_size,
        hidden: settings.hidden_size,
    };
    if settings.layers as u64 > MAX_LAYERS || settings.layer >= settings.layers {
        let detail = format!("layer {} of {} is not run", settings.layer, settings.layers);
        return Err(OracleError::case(detail));
    }
    let mut place = PrefixPlace::default();
    place.surroundings.filling = settings.pad_token_id as f64;
    let mut ejected = None;
    for (name, members) in run.adapters()? {
        let [MemberConfig::PrefixTuning(config)] = members.as_slice() else { return Err(wrong_method(name)) };
        // Only the layers that are not left out count.
        let has_prefix = |layer: &usize| !config.leave_out.contains(&(*layer as u64));
        if !has_prefix(&settings.layer) {
            continue;
        }
        let layers = (0..settings.layers).filter(has_prefix).count();
        let layer = (0..settings.layer).filter(has_prefix).count();
        let module = modules::prefix(config, Attention { layers, ..attention });
        let group = format!("adapter/{name}/");
        let own = modules::own::<T>(&run.group(&group), "prefix.", &module)?;
        let Module::Prefix(architecture) = module else { return Err(wrong_method(name)) };
        let prefix = Prefix::new(architecture, &own)?;
        ejected = (!config.flat && run.case.adapters.len() == 1).then(|| prefix.eject());
        let gate = match modules::prefix_gate(config, settings.hidden_size) {
            None => None,
            Some(gate) => Some(Gate::take(&modules::own::<T>(&run.group(&group), "gate.", &gate)?)?),
        };
        let (keys, values) = prefix.layer(layer)?;
        place.prefixes.insert(name.to_owned(), LayerPrefix { keys, values, gate });
    }
    let state = AttentionState {
        keys: run.array::<T, Ix4>("input/keys")?,
        values: run.array::<T, Ix4>("input/values")?,
        input: run.units::<T, Ix3>("input/residual_input", settings.hidden_size)?.into_shared(),
        mask: run.optional::<T, Ix4>("input/attention_mask")?,
    };
    let state = place.forward(run.setup().as_ref(), state, &mut Pass::default())?;
    let mut outputs =
        Outputs::from([("keys".to_owned(), state.keys.into_dyn()), ("values".to_owned(), state.values.into_dyn())]);
    if let Some(mask) = state.mask {
        outputs.insert("attention_mask".to_owned(), mask.into_dyn());
    }
    if let Some(ejected) = ejected {
        outputs.insert("ejected".to_owned(), ejected.into_dyn());
    }
    Ok(outputs)
}
