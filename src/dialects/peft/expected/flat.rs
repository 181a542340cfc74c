//! Layers whose inputs have no dimension of tokens, which not every method can multiply.

use super::case::Case;
use super::{Refusal, select};
use crate::dialects::peft::PeftType::{Lora, Poly};
use crate::models::tree::{Kind, Module};
use crate::python::is_true;

/// That Poly, which multiplies batches of matrices, adapts no such layer, and aLoRA, which looks for a text in each row, none
/// that is given the tokens of all texts in one list.
pub(super) fn check(case: &Case<'_>) -> Result<(), Refusal> {
    let is_activated = case.method == Lora && is_true(case.value("alora_invocation_tokens"));
    if case.method != Poly && !is_activated {
        return Ok(());
    }
    let Ok(modules) = select::modules(case, false) else { return Ok(()) };
    let is_unfit = |module: &&Module| is_of_mixture(module) || !is_activated && is_of_pooler(module);
    let Some(module) = modules.into_iter().find(is_unfit) else { return Ok(()) };
    let name = &module.name;
    Err(match is_activated {
        true => Refusal::Unfit {
            key: "alora_invocation_tokens",
            need: format!("`{name}` is given the tokens of all texts in one list, in which aLoRA finds no texts"),
        },
        false => Refusal::Unfit {
            key: "target_modules",
            need: format!("`{name}` is given inputs of two dimensions, but Poly multiplies those of three"),
        },
    })
}

/// Whether it is a layer of a pooler, which is given the state of one token of each text.
fn is_of_pooler(module: &Module) -> bool {
    module.name.rsplit('.').take(2).any(|part| part == "pooler")
}

/// Whether it is a layer of an expert or chooses among experts, and so is given a list of tokens.
fn is_of_mixture(module: &Module) -> bool {
    let parts: Vec<_> = module.name.split('.').collect();
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let is_of_expert = parts.windows(2).any(|pair| pair[0] == "experts" && is_number(pair[1]));
    is_of_expert || module.kind == Kind::Linear && ["gate", "router"].contains(&module.last_part())
}

#[cfg(test)]
mod tests {
    use super::super::check_run;
    use crate::dialects::peft::PeftType::{self, Lora, Poly};
    use crate::models::Tree;
    use crate::value::Value;

    #[test]
    fn some_methods_take_only_the_layers_of_a_mixture_that_see_whole_texts() {
        let value = |json: &serde_json::Value| Value::from(json).as_map().cloned().expect("it is an object");
        let tree = Tree::of(&value(&serde_json::json!({"model_type": "mixtral"})), Some("CAUSAL_LM"));
        let tree = tree.expect("the model is known");
        let runs = |method: PeftType, target: &str| {
            let config = serde_json::json!({"peft_type": method.name(), "task_type": "CAUSAL_LM", "target_modules": ["q_proj", target]});
            check_run(&value(&config), &tree).is_ok()
        };
        assert!(runs(Poly, "k_proj"));
        assert!(!runs(Poly, "w1"));
        assert!(!runs(Poly, "gate"));
        assert!(runs(Lora, "gate"));
    }
}
