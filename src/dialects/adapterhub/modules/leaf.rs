//! What the library calls the tensors of a module: the last part of their names.

use super::Module;

/// The name of a tensor within its module, and the other names under which it is saved as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leaf {
    /// The name.
    pub name: String,
    /// Other names of the same tensor.
    pub aliases: Vec<String>,
}

/// The tensor of a role in a module (adapters 1.3.0).
#[must_use]
pub fn leaf(module: &Module, role: &str) -> Leaf {
    let plain = |name: String| Leaf { name, aliases: Vec::new() };
    match module {
        Module::Bottleneck(adapter) => {
            // With a layer norm in front, the projections move by one in PyTorch's sequence.
            let first = usize::from(adapter.ln_before);
            let projection = |rest| if adapter.hypercomplex.is_some() { hypercomplex(rest) } else { rest };
            let (part, rest) = role.split_once('.').unwrap_or((role, ""));
            match part {
                "ln_before" => Leaf {
                    name: format!("adapter_down.0.{rest}"),
                    aliases: vec![format!("adapter_norm_before.{rest}")],
                },
                "down" => plain(format!("adapter_down.{first}.{}", projection(rest))),
                "activation" => plain(format!("adapter_down.{}.f.{}", first + 1, activation(rest))),
                "up" => plain(format!("adapter_up.{}", projection(rest))),
                "ln_after" => plain(format!("adapter_norm_after.{rest}")),
                _ => plain(role.to_owned()),
            }
        }
        Module::Lora(_) | Module::Vera(_) | Module::MtlLora(_) | Module::Ia3(_) => plain(low_rank(module, role)),
        Module::Prefix(_) => plain(match role.split_once('.') {
            Some(("down", rest)) => format!("control_trans.0.{rest}"),
            Some(("activation", rest)) => format!("control_trans.1.f.{}", activation(rest)),
            Some(("up", rest)) => format!("control_trans.2.{rest}"),
            _ if role == "embedding" => "wte.weight".to_owned(),
            _ => "control_trans".to_owned(),
        }),
        Module::PrefixGate { .. } => plain(role.strip_prefix("gate.").unwrap_or(role).to_owned()),
        Module::Prompt(_) => plain("prompt_embedding.weight".to_owned()),
        Module::Reft(_) => {
            let (unit, role) = role.split_once('.').unwrap_or((role, ""));
            let rest = match role.split_once('.') {
                Some(("source", rest)) => format!("learned_source.{rest}"),
                Some(("activation", rest)) => format!("non_linearity.f.{}", activation(rest)),
                _ => match role {
                    "projection.original" => "projection.parametrizations.weight.original".to_owned(),
                    "projection.base" => "projection.parametrizations.weight.0.base".to_owned(),
                    other => other.to_owned(),
                },
            };
            plain(format!("units.{unit}.{rest}"))
        }
        Module::Coupling(_) => {
            let (network, role) = role.split_once('.').unwrap_or((role, ""));
            plain(match role.split_once('.') {
                Some(("hidden", rest)) => format!("{network}.0.{rest}"),
                Some(("activation", rest)) => format!("{network}.1.f.{}", activation(rest)),
                Some((_, rest)) => format!("{network}.2.{rest}"),
                None => role.to_owned(),
            })
        }
        Module::Fusion(_) => plain(role.to_owned()),
    }
}

/// The tensor of a role among those that all modules of an adapter share.
#[must_use]
pub fn shared_leaf(role: &str) -> String {
    match role {
        "A" | "B" => format!("lora_{role}"),
        _ => match role.split_once('.') {
            Some((position @ ("down" | "up"), rest)) => {
                let part = rest.strip_prefix("weight").unwrap_or(rest).replace('.', "_");
                format!("W_{position}{part}")
            }
            _ => hypercomplex(role).to_owned(),
        },
    }
}

/// A parameter of a PHM layer.
#[must_use]
pub fn hypercomplex(role: &str) -> &str {
    match role {
        "rule" => "phm_rule",
        "rule.left" => "phm_rule_left",
        "rule.right" => "phm_rule_right",
        "weight" => "W",
        "weight.left" => "W_left",
        "weight.right" => "W_right",
        "bias" => "b",
        other => other,
    }
}

/// A parameter of a trained activation.
#[must_use]
pub fn activation(role: &str) -> &str {
    match role {
        "slope" => "weight",
        "epsilon" => "eps",
        other => other,
    }
}

fn low_rank(module: &Module, role: &str) -> String {
    match (module, role) {
        (_, "magnitude") => "m.weight".to_owned(),
        (Module::Ia3(_), "vector") => "lora_B".to_owned(),
        (Module::Vera(_), "D") => "vera_D".to_owned(),
        (Module::Vera(_), "scaling") => "vera_B".to_owned(),
        (Module::MtlLora(_), "task") => "task_specific.values".to_owned(),
        (Module::Lora(_) | Module::MtlLora(_), "A" | "B") => format!("lora_{role}"),
        (_, other) => other.to_owned(),
    }
}
