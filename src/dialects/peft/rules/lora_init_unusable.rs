use crate::dialects::peft::PeftType::{Adalora, Lora};
use crate::dialects::peft::Subject;
use crate::dialects::peft::lora_init::{LoraInit, RankNeed};
use crate::findings::{Report, rule};
use crate::python::is_true;
use crate::value::{Map, Value};

rule! {
    /// A LoRA initialisation that lacks what it needs, or a setting that contradicts it.
    ///
    /// ## Why is this bad
    /// LoftQ needs its own settings; CorDA needs numbers from a pass over data, which no file holds; Arrow needs other
    /// adapters; the bias of LoRA is only filled by the plain initialisations, and not with DoRA. PEFT raises an
    /// exception, usually a `ValueError`.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "init_lora_weights": "loftq"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix. A trained adapter can be loaded with `"init_lora_weights": true`, unless the initialisation
    /// changed the base weights, as PiSSA does.
    LoraInitUnusable, Error
}

impl LoraInitUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if !subject.is(Lora) && !subject.is(Adalora) {
            return;
        }
        let is_lora = subject.is(Lora);
        let init = subject.written("init_lora_weights");
        let value = init.map(|member| member.node.to_value());
        // AdaLoRA has the key, but begins as it does.
        let init = if is_lora { LoraInit::of(value.as_ref()) } else { LoraInit::Plain };
        let mut add = |key: &str, message: &str| {
            if let Some(member) = subject.written(key) {
                report.add(Self::INFO, Subject::pointer_of(key), member.node.span, message);
            }
        };
        if init == LoraInit::Loftq {
            loftq(subject, &mut add);
        }
        if init == LoraInit::Corda {
            add(
                "init_lora_weights",
                "CorDA needs a pass over data first, which no file records; PEFT raises a `ValueError`",
            );
        }
        if is_lora && let Some(Value::Map(_)) = subject.value("arrow_config") {
            // PEFT drops `task_adapter_names` where it reads a file.
            add(
                "arrow_config",
                "Arrow mixes other adapters, which only `create_arrow_model` can name, not a file; PEFT raises an `AttributeError`",
            );
        }
        let is_plain = match &value {
            None | Some(Value::Bool(_)) => true,
            Some(Value::Int(int)) => ["0", "1"].contains(&int.as_str()),
            Some(Value::Float(float)) => [0.0, 1.0].contains(float),
            Some(_) => false,
        };
        if subject.set("lora_bias").is_some() {
            if !is_plain {
                add(
                    "lora_bias",
                    "`lora_bias` can only be combined with `init_lora_weights` true or false; PEFT raises a `ValueError`",
                );
            }
            if subject.value("use_dora").is_some_and(|dora| is_true(&dora)) {
                add("lora_bias", "`lora_bias` cannot be combined with DoRA; PEFT raises a `ValueError`");
            }
        }
        if subject.set("use_dora").is_some() && subject.set("megatron_config").is_some() {
            add("use_dora", "DoRA cannot be combined with `megatron_config`; PEFT raises a `ValueError`");
        }
        if init.rank_need() == RankNeed::Even && subject.number("r").is_some_and(|r| r % 2.0 != 0.0) {
            add("r", "the orthogonal initialisation needs an even `r`; PEFT raises a `ValueError`");
        }
    }
}

/// Tells what LoftQ lacks or refuses, by key.
fn loftq(subject: &Subject<'_>, add: &mut dyn FnMut(&str, &str)) {
    if subject.set("loftq_config").is_none() {
        add("init_lora_weights", "LoftQ needs a `loftq_config`; PEFT raises a `ValueError`");
    }
    let Some(Value::Map(loftq)) = subject.value("loftq_config") else { return };
    if !(loftq.contains_key("loftq_bits") && loftq.contains_key("loftq_iter")) {
        add("loftq_config", "LoftQ needs `loftq_bits` and `loftq_iter`; PEFT raises a `KeyError`");
    } else if let Some(message) = loftq_refused(&loftq) {
        add("loftq_config", message);
    }
}

/// What LoftQ refuses before it quantises anything, on whatever machine.
fn loftq_refused(loftq: &Map) -> Option<&'static str> {
    if !loftq.get("loftq_bits").and_then(Value::as_f64).is_some_and(|bits| [4.0, 8.0].contains(&bits)) {
        return Some("LoftQ quantises to 4 or 8 bits (`loftq_bits`); PEFT raises a `ValueError`");
    }
    match loftq.get("loftq_iter") {
        Some(Value::Bool(true)) => None,
        Some(Value::Int(count)) if count.as_f64() > 0.0 => None,
        _ => Some("LoftQ needs a whole number of iterations, at least one (`loftq_iter`); PEFT raises an exception"),
    }
}
