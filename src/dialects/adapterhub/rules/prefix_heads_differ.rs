use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::view::ConfigView;
use crate::findings::{Report, rule};
use crate::models::Model;

rule! {
    /// A prefix for a base model whose attention heads are not what the library takes them for.
    ///
    /// ## Why is this bad
    /// The adapters library makes prefixes as wide as hidden size ÷ number of heads, whatever `head_dim` says, and in
    /// models with an encoder and a decoder it takes the encoder's number of heads for both. Where the model's heads are
    /// others, the forward pass raises a `RuntimeError`: prefix and keys cannot be joined.
    ///
    /// ## Example
    /// In a model with `"hidden_size": 5120`, `"num_attention_heads": 32` and `"head_dim": 128`, such as Mistral NeMo:
    /// ```json
    /// {"architecture": "prefix_tuning", "prefix_length": 10}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    PrefixHeadsDiffer, Error
}

impl PrefixHeadsDiffer {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(model) = &subject.model else { return };
        if model.support.is_none_or(|support| support.generic) {
            return;
        }
        for config in subject.of(Method::PrefixTuning).filter(|config| config.adapts_layers(Some(model))) {
            let Some(message) = other_width(model).or_else(|| other_count(model, config)) else { continue };
            let (pointer, span) = config.place_of("architecture");
            report.add(Self::INFO, pointer, span, message).help("choose another method, or another base model");
        }
    }
}

/// Of the models with a key for the width of a head, the library asks T5's for it only.
fn other_width(model: &Model) -> Option<String> {
    let stack = model.stacks.first()?;
    let (hidden, heads, real) = (stack.hidden_size?, stack.heads?, stack.head_size?);
    let made = hidden.checked_div(heads)?;
    (model.support?.head_size != Some("d_kv") && made != real).then(|| {
        format!(
            "the library makes prefixes for heads of width {made} ({hidden} ÷ {heads}), and this model's have width {real}"
        )
    })
}

/// Which a decoder's layers meet, if they have a prefix.
fn other_count(model: &Model, config: &ConfigView<'_>) -> Option<String> {
    let (_, true) = config.stacks(model)? else { return None };
    let [encoder, decoder] = model.stacks.as_slice() else { return None };
    let (made, real) = (encoder.heads?, decoder.heads?);
    (made != real).then(|| {
        format!("the library makes prefixes for the encoder's {made} heads in the decoder, too, which has {real}")
    })
}
