use super::OnModel;
use crate::dialects::peft::PeftType::Xlora;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// An X-LoRA for a base model whose config turns on its cache.
    ///
    /// ## Why is this bad
    /// X-LoRA runs the model twice for each output, and cannot do so with a cache: with `use_cache` in the model's config,
    /// PEFT raises a `ValueError` when it makes or loads the adapter. This is a warning, because the cache can be turned
    /// off in the loaded model.
    ///
    /// ## Example
    /// On a model whose config says `"use_cache": true`:
    /// ```json
    /// {"peft_type": "XLORA", "task_type": "CAUSAL_LM", "hidden_size": 64, "adapters": {"0": "lora-sst2", "1": "lora-mnli"}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the config is as it should be.
    CacheLeftOn, Warning
}

impl CacheLeftOn {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let is_on =
            |key: &str| subject.trees.iter().any(|tree| matches!(tree.config.get(key), Some(Value::Bool(true))));
        if !subject.subject.is(Xlora) || !is_on("use_cache") {
            return;
        }
        let (pointer, span) = subject.place("peft_type");
        let message =
            "the model's config has `use_cache`, with which PEFT makes and loads no X-LoRA: it raises a `ValueError`";
        report.add(Self::INFO, pointer, span, message).help("set `model.config.use_cache = False` first");
    }
}
