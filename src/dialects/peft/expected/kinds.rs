//! Which kinds of modules each method can adapt.

use super::case::Case;
use super::{Refusal, Stop, select};
use crate::dialects::peft::Does;
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

/// That the update fits the layer, and the model takes nothing from an adapted module that PEFT's layer around it hides: that
/// one has its weight and bias alone. OSF leaves as it is what is no linear layer.
pub(super) fn run(case: &Case<'_>) -> Result<(), Refusal> {
    let is_split = |module: &Module| case.method == Adalora && module.groups != Some(1);
    let may_fail = !case.tree.reads.is_empty() || case.tree.modules.iter().any(is_split);
    if !may_fail || !matches!(case.method.does(), Does::Update | Does::Routed) {
        return Ok(());
    }
    let hides = |module: &&Module| case.method != Osf || module.kind == Kind::Linear;
    let modules = select::modules(case, true).unwrap_or_default();
    if let Some(module) = modules.iter().find(|module| is_split(module)) {
        let need = format!("`{}` is a convolution in groups, into which AdaLoRA's update does not fit", module.name);
        return Err(Refusal::Unfit { key: "target_modules", need });
    }
    let mut reads = modules.into_iter().filter(hides).filter_map(|module| Some((module, case.tree.read_of(module)?)));
    match reads.next() {
        Some((module, attribute)) => Err(Refusal::Unfit {
            key: "target_modules",
            need: format!("the model reads `{attribute}` of `{}`, which PEFT's layer does not have", module.name),
        }),
        None => Ok(()),
    }
}

fn is_own_linear(module: &Module, model_type: &str) -> bool {
    Quirk::OwnLinear.is_of(model_type) && module.name.split('.').any(|part| part == "h")
}
