use crate::dialects::peft::PeftType::Adalora;
use crate::dialects::peft::Subject;
use crate::findings::{Report, rule};

rule! {
    /// An AdaLoRA config for training that sets `inference_mode`.
    ///
    /// ## Why is this bad
    /// With `inference_mode`, AdaLoRA creates no rank allocator, but its forward pass with labels asks for one: Python
    /// raises an `AttributeError`. PEFT writes the key as true into every config that it saves, and sets it again when
    /// it loads an adapter; such a config, recognised by the other keys that PEFT writes, is fine.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "ADALORA", "target_modules": ["q_proj"], "total_step": 100, "inference_mode": true}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the config may be meant for another use.
    AdaloraFrozen, Error
}

/// Keys that PEFT writes when it saves, and nobody writes by hand.
const SAVED_KEYS: [&str; 3] = ["auto_mapping", "base_model_name_or_path", "peft_version"];

impl AdaloraFrozen {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        // A model that only gives its states takes no labels.
        let takes_labels = subject.value("task_type").is_none_or(|task| task.as_str() != Some("FEATURE_EXTRACTION"));
        if !subject.is(Adalora) || !takes_labels || SAVED_KEYS.iter().any(|key| subject.written(key).is_some()) {
            return;
        }
        if let Some(member) = subject.set("inference_mode") {
            let message = "a model made with this config raises an `AttributeError` when it is given labels";
            report
                .add(Self::INFO, "/inference_mode", member.node.span, message)
                .help("write false; PEFT sets the key itself when it saves or loads an adapter");
        }
    }
}
