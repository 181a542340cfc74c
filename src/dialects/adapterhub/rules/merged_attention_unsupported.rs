use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::Subject;
use crate::lint::{Report, rule};

rule! {
    /// A kind of LoRA that does not work on a merged query-key-value matrix.
    ///
    /// ## Why is this bad
    /// GPT-2, DeBERTa and ModernBERT keep query, key and value in one matrix. There the library fails for DoRA when the
    /// adapter is added, for VeRA and MTL-LoRA in the forward pass, and if `attn_matrices` names none of q, k, v.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "lora", "use_dora": true}
    /// ```
    ///
    /// ## Fix safety
    /// There is none.
    MergedAttentionUnsupported, Error
}

impl MergedAttentionUnsupported {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(model) = &subject.model else { return };
        if !model.support.is_some_and(|support| support.merged_attention) {
            return;
        }
        for config in subject.methods() {
            if !matches!(config.method, Method::Lora | Method::MtlLora) || !config.is_true("selfattn_lora") || !config.reaches_a_layer(Some(model)) {
                continue;
            }
            let (key, what) = if config.attention_matrices().is_empty() {
                ("attn_matrices", "an `attn_matrices` without \"q\", \"k\" and \"v\"")
            } else if config.is_scaling() {
                continue;
            } else if config.method == Method::MtlLora {
                ("architecture", "MTL-LoRA")
            } else if config.is_true("use_dora") {
                ("use_dora", "DoRA")
            } else if config.is_vera() {
                ("vera_d", "VeRA")
            } else {
                continue;
            };
            let (pointer, span) = config.place_of(key);
            let help = if key == "attn_matrices" {
                "name at least one of \"q\", \"k\" and \"v\", or set `selfattn_lora` to false"
            } else {
                "set `selfattn_lora` to false, or use plain LoRA"
            };
            report
                .add(Self::INFO, pointer, span, format!("{what} fails on the merged query-key-value matrix of {} models", model.model_type))
                .help(help);
        }
    }
}
