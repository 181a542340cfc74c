use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::view::ConfigView;
use crate::findings::{Report, rule};
use crate::models::Model;
use crate::value::Value;

rule! {
    /// A kind of LoRA that does not work on a merged query-key-value matrix.
    ///
    /// ## Why is this bad
    /// GPT-2, DeBERTa and ModernBERT keep query, key and value in one matrix. For these models the adapters library
    /// fails with DoRA when the adapter is added, with VeRA and MTL-LoRA in the forward pass, and also if
    /// `attn_matrices` names none of q, k and v, or holds lists or objects, of which Python makes no set. DoRA can be
    /// added where it happens to find as many norms as it needs (all three matrices; one alone in GPT-2), but what is
    /// computed there is plain LoRA. GPT-2 moreover stores its feed-forward matrices transposed, so that DoRA takes its
    /// norms along the wrong dimension.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "lora", "use_dora": true}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    MergedAttentionUnsupported, Error
}

impl MergedAttentionUnsupported {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(model) = &subject.model else { return };
        if model.support.is_some_and(|support| support.transposed_weights) {
            Self::check_transposed(subject, model, report);
        }
        if !model.support.is_some_and(|support| support.merged_attention) {
            return;
        }
        for config in subject.methods() {
            if !matches!(config.method, Method::Lora | Method::MtlLora)
                || !config.is_true("selfattn_lora")
                || !config.reaches_a_layer(Some(model))
            {
                continue;
            }
            let (key, what) = if !is_hashable(config) {
                ("attn_matrices", "an `attn_matrices` with lists or objects in it")
            } else if config.attention_matrices().next().is_none() {
                ("attn_matrices", "an `attn_matrices` without \"q\", \"k\" and \"v\"")
            } else if config.is_scaling() {
                continue;
            } else if config.method == Method::MtlLora {
                ("architecture", "MTL-LoRA")
            } else if config.is_true("use_dora") && !config.fits_merged_lengths(model) {
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
                .add(
                    Self::INFO,
                    pointer,
                    span,
                    format!("{what} fails on the merged query-key-value matrix of {} models", model.model_type),
                )
                .help(help);
        }
    }

    /// DoRA takes the norms of the columns, which are the rows of a transposed weight.
    fn check_transposed(subject: &Subject<'_>, model: &Model, report: &mut Report) {
        for config in subject.of(Method::Lora).filter(|config| config.is_true("use_dora") && !config.is_scaling()) {
            let place = ["intermediate_lora", "output_lora"].into_iter().find(|place| config.is_true(place));
            let Some(place) = place.filter(|_| config.reaches_a_layer(Some(model))) else { continue };
            let odd = config.odd_one(&[place, "use_dora"]);
            let (pointer, span) = config.place_of(odd);
            let message = format!(
                "DoRA fails on the feed-forward matrices of {} models, which are stored transposed",
                model.model_type
            );
            let finding = report.add(Self::INFO, pointer, span, message);
            finding.help("use plain LoRA");
            let other = if odd == place { "use_dora" } else { place };
            if let Some(other) = config.written(other) {
                finding.also(other.node.span, "conflicts with this");
            }
        }
    }
}

/// Whether Python can make a set of what `attn_matrices` lists.
fn is_hashable(config: &ConfigView<'_>) -> bool {
    match config.value("attn_matrices").as_deref() {
        Some(Value::List(items)) => !items.iter().any(|item| matches!(item, Value::List(_) | Value::Map(_))),
        _ => true,
    }
}
