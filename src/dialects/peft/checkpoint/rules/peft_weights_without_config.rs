use crate::dialects::peft::checkpoint::Facts;
use crate::findings::{Report, rule};

rule! {
    /// PEFT's weights without the `adapter_config.json` that belongs to them.
    ///
    /// ## Why is this bad
    /// PEFT cannot tell which modules to build and raises `ValueError: Can't find 'adapter_config.json'`.
    ///
    /// ## Example
    /// ```text
    /// adapter_model.safetensors    and no adapter_config.json beside it
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: nothing in the weights gives `lora_alpha`.
    PeftWeightsWithoutConfig, Error
}

impl PeftWeightsWithoutConfig {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        if !facts.has_config {
            report
                .about_tensor(Self::INFO, "", "there is no `adapter_config.json` beside these weights")
                .help("put the config there that was saved with these weights");
        }
    }
}
