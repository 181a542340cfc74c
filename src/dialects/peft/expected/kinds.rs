//! Which kinds of modules each method can adapt.

use super::Stop;
use crate::dialects::peft::PeftType::{self, Adalora, Glora, Lora, Osf, Randlora, Xlora};
use crate::models::Quirk;
use crate::models::tree::{Kind, Module};

/// Whether PEFT refuses a method the modules of this name in a model of this type.
pub(in crate::dialects::peft) fn is_refused_by_name(method: PeftType, name: &str, model_type: &str) -> bool {
    let is_lora = matches!(method, Lora | Adalora | Randlora | Xlora);
    is_lora && Quirk::Mamba.is_of(model_type) && matches!(name, "out_proj" | "conv1d")
}

/// Whether a method can adapt a module of a model of this type. `Err` for a method whose kinds are not known.
pub(super) fn supports(method: PeftType, module: &Module, model_type: &str) -> Result<bool, Stop> {
    if is_refused_by_name(method, module.last_part(), model_type) {
        return Ok(false);
    }
    let is_double = module.last_part() == "router" && Quirk::DoubleRouters.is_of(model_type);
    if is_double && matches!(method, Lora | Osf) {
        return Ok(false);
    }
    // It asks for torch's class itself, of which the heads are.
    if method == Glora && module.kind == Kind::Linear && is_own_linear(module, model_type) {
        return Ok(false);
    }
    match method.kinds() {
        None => Ok(true),
        Some([]) => Err(Stop::Unknown),
        Some(kinds) => Ok(kinds.contains(&module.kind)),
    }
}

fn is_own_linear(module: &Module, model_type: &str) -> bool {
    Quirk::OwnLinear.is_of(model_type) && module.name.split('.').any(|part| part == "h")
}
