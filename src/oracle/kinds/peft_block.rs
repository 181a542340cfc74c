use ndarray::Array3;

use super::Run;
use super::peft_layer::{is_usable, parameters};
use crate::dialects::peft::PeftType::Shadow;
use crate::dialects::peft::updates::Settings;
use crate::methods::linear::Linear;
use crate::methods::shadow::ShadowBlock;
use crate::methods::{MethodError, Scalar};
use crate::oracle::{OracleError, Outputs, PeftBlockSettings};

pub(super) fn run<T: Scalar>(run: &Run<'_>, settings: &PeftBlockSettings) -> Result<Outputs<T>, OracleError> {
    let (_, config) = run.only_peft()?;
    let config = Settings::new(&config);
    is_usable(config)?;
    if config.peft_type() != Some(Shadow) {
        return Err(OracleError::case(format!("{} puts nothing before a block", config.method_name())));
    }
    let tensors = parameters::<T>(run, "adapter/a/")?;
    let map = |name: &str| Linear::take(&tensors, name);
    let two =
        |name: &str| Ok::<_, MethodError>([map(&format!("{name}.default.0"))?, map(&format!("{name}.default.2"))?]);
    let block = ShadowBlock {
        down: map("shadow_down.default")?,
        up: map("shadow_up.default")?,
        transform: two("shadow_update_transform")?,
        gate: two("shadow_update_gate")?,
        alpha: config.number("shadow_alpha"),
    };
    let (rank, width) = (config.size("r"), settings.hidden_size);
    let hidden = match config.size("update_hidden_size") {
        0 => rank,
        hidden => hidden,
    };
    let expected = [
        ("shadow_down.default.weight", &block.down, (rank, width)),
        ("shadow_up.default.weight", &block.up, (width, rank)),
        ("shadow_update_transform.default.0.weight", &block.transform[0], (hidden, width)),
        ("shadow_update_transform.default.2.weight", &block.transform[1], (width, hidden)),
        ("shadow_update_gate.default.0.weight", &block.gate[0], (hidden, width)),
        ("shadow_update_gate.default.2.weight", &block.gate[1], (width, hidden)),
    ];
    for (role, map, (rows, columns)) in expected {
        if map.weight.dim() != (rows, columns) {
            let found = map.weight.shape().to_vec();
            return Err(MethodError::Shape { role: role.to_owned(), expected: vec![rows, columns], found }.into());
        }
    }
    let state = |name: &str| run.units::<T, ndarray::Ix3>(&format!("input/{name}"), width);
    let (shadow, behind) = (state("shadow_states")?, state("block")?);
    let mut outputs = Outputs::from([
        ("hidden_states".to_owned(), block.inject(&state("hidden_states")?, &shadow)?.into_dyn()),
        ("shadow_states".to_owned(), block.update(&behind, &shadow)?.into_dyn()),
    ]);
    if let Some(backbone) = run.optional::<T, ndarray::Ix3>("input/backbone")? {
        let projection = map("shadow_projection.default")?;
        outputs.insert("projected".to_owned(), projected(&projection, &backbone)?.into_dyn());
    }
    Ok(outputs)
}

fn projected<T: Scalar>(map: &Linear<T>, x: &Array3<T>) -> Result<Array3<T>, OracleError> {
    let is_odd = map.bias.as_ref().is_some_and(|bias| bias.len() != map.weight.nrows());
    if is_odd || map.weight.ncols() != x.dim().2 {
        return Err(OracleError::case("the shadow's projection does not fit `input/backbone`"));
    }
    Ok(map.forward(x))
}
