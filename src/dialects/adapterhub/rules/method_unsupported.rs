use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::release::facts::since;
use crate::findings::{Report, rule};

rule! {
    /// A method that the library does not support for this type of base model.
    ///
    /// ## Why is this bad
    /// `add_adapter` raises a `ValueError`: the model type has no hook for this method. Prompt tuning works for
    /// encoders only. Invertible adapters do not work for vision models, and prefix tuning and MTL-LoRA do not work
    /// through the generic interface.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "prompt_tuning", "prompt_length": 10}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    MethodUnsupported, Error
}

impl MethodUnsupported {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(model) = &subject.model else { return };
        let Some(support) = model.support else { return };
        for config in subject.methods() {
            // Older releases take what the model does not use.
            let asks = config.release.is_since(since::REFUSES_ARCHITECTURES);
            let key = match config.method {
                Method::PromptTuning if !support.prompt_tuning && asks => "architecture",
                Method::PrefixTuning | Method::MtlLora if support.generic => "architecture",
                Method::Bottleneck if config.is_true("inv_adapter") && !support.invertible && asks => "inv_adapter",
                _ => continue,
            };
            let what = if key == "inv_adapter" { "invertible adapters" } else { config.title() };
            let (pointer, span) = config.place_of(key);
            report
                .add(
                    Self::INFO,
                    pointer,
                    span,
                    format!("the library does not support {what} for {} models", model.model_type),
                )
                .help("choose another method, or another base model");
        }
    }
}
