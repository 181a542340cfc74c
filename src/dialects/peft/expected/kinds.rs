//! Which kinds of modules each method can adapt.

use super::Stop;
use crate::models::tree::{Kind, Module};

/// Methods, each with the kinds that it can adapt (`_create_new_module` of its tuner).
const KINDS: &[(&str, &[Kind])] = {
    use Kind::{Conv1D, Conv2d, Conv3d, Embedding, Linear, MultiheadAttention, TorchConv1d};
    &[
        ("LORA", &[Linear, Conv1D, Embedding, TorchConv1d, Conv2d, Conv3d, MultiheadAttention]),
        ("ADALORA", &[Linear, Conv1D, Conv2d]),
        ("ADAMSS", &[Linear]),
        ("BEFT", &[Linear]),
        ("BOFT", &[Linear, Conv2d]),
        ("C3A", &[Linear]),
        ("DEFT", &[Linear, Conv1D]),
        ("DELORA", &[Linear]),
        ("FOURIERFT", &[Linear, Conv1D]),
        ("FROD", &[Linear, Conv1D]),
        ("GLORA", &[Linear]),
        ("GRALORA", &[Linear, Conv1D]),
        ("HIRA", &[Linear, Conv1D, Embedding, TorchConv1d, Conv2d, Conv3d]),
        ("HRA", &[Linear, Conv2d]),
        ("IA3", &[Linear, Conv1D, Conv2d, Conv3d]),
        ("LILY", &[Linear]),
        ("LOHA", &[Linear, TorchConv1d, Conv2d]),
        ("LOKR", &[Linear, TorchConv1d, Conv2d]),
        ("MISS", &[Linear]),
        ("OFT", &[Linear, Conv2d, Embedding]),
        ("PEANUT", &[Linear]),
        ("POLY", &[Linear]),
        ("PSOFT", &[Linear]),
        ("PVERA", &[Linear, Conv1D]),
        ("RANDLORA", &[Linear, Conv1D]),
        ("ROAD", &[Linear]),
        ("SHIRA", &[Linear]),
        ("SUPERTUNING", &[Linear]),
        ("TINYLORA", &[Linear, Conv1D, Embedding]),
        ("TRAINABLE_TOKENS", &[Linear, Embedding]),
        ("UNILORA", &[Linear, Conv1D]),
        ("VBLORA", &[Linear, Conv1D]),
        ("VERA", &[Linear, Conv1D]),
        ("WAVEFT", &[Linear, Conv1D]),
    ]
};

/// Types whose linear layers are of a class of their own, which stands on torch's.
const OWN_LINEAR: [&str; 1] = ["falcon"];

/// Types in whose blocks PEFT refuses some modules to LoRA (`_check_lora_target_modules_mamba`).
const MAMBA: [&str; 5] = ["falcon_h1", "falcon_mamba", "mamba", "mamba2", "nemotron_h"];

/// Types whose routers are linear layers that give two tensors, which no method can add to.
const DOUBLE_ROUTERS: [&str; 2] = ["llama4", "llama4_text"];

/// Whether PEFT refuses a method the modules of this name in a model of this type.
pub(in crate::dialects::peft) fn is_refused_by_name(method: &str, name: &str, model_type: &str) -> bool {
    let is_lora = matches!(method, "LORA" | "ADALORA" | "RANDLORA" | "XLORA");
    is_lora && MAMBA.contains(&model_type) && matches!(name, "out_proj" | "conv1d")
}

/// Whether a method can adapt a module of a model of this type. `Err` for a method whose kinds are not known.
pub(super) fn supports(method: &str, module: &Module, model_type: &str) -> Result<bool, Stop> {
    if is_refused_by_name(method, module.last_part(), model_type) {
        return Ok(false);
    }
    let is_double = module.last_part() == "router" && DOUBLE_ROUTERS.contains(&model_type);
    if is_double && matches!(method, "LORA" | "OSF") {
        return Ok(false);
    }
    // It asks for torch's class itself, of which the heads are.
    if method == "GLORA" && module.kind == Kind::Linear && is_own_linear(module, model_type) {
        return Ok(false);
    }
    if matches!(method, "LN_TUNING" | "OSF" | "SHADOW") {
        return Ok(true);
    }
    let (_, kinds) = KINDS.iter().find(|(known, _)| *known == method).ok_or(Stop::Unknown)?;
    Ok(kinds.contains(&module.kind))
}

fn is_own_linear(module: &Module, model_type: &str) -> bool {
    OWN_LINEAR.contains(&model_type) && module.name.split('.').any(|part| part == "h")
}
