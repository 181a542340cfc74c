use super::OnModel;
use crate::document::pointer;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// One of two layers that share a weight is adapted or saved.
    ///
    /// ## Why is this bad
    /// The output layer of this model is its input embeddings. An adapter on one of the two changes only that one, so
    /// that they differ from then on; merged weights can no longer be tied, and a model saved with them loses one of
    /// the two. PEFT warns, unless `ensure_weight_tying` is set.
    ///
    /// ## Example
    /// On a model with `tie_word_embeddings`:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj"], "modules_to_save": ["lm_head"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: it would change what is trained.
    TiedEmbeddingAdapted, Warning
}

/// The names by which PEFT knows such layers.
const NAMES: [&str; 2] = ["embed_tokens", "lm_head"];

impl TiedEmbeddingAdapted {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        if !subject.trees.iter().all(|tree| tree.is_tied) || subject.subject.set("ensure_weight_tying").is_some() {
            return;
        }
        for key in ["target_modules", "modules_to_save"] {
            let Some(member) = subject.subject.written(key) else { continue };
            let Value::List(items) = member.node.to_value() else { continue };
            let names: Vec<_> = items.iter().filter_map(Value::as_str).collect();
            let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
            if NAMES.iter().all(|known| names.iter().any(|name| last(name) == *known)) && key == "modules_to_save" {
                continue;
            }
            for (at, item) in member.node.items().iter().enumerate() {
                if item.as_str().is_some_and(|name| NAMES.contains(&last(name).as_str())) {
                    let place = pointer::push(&pointer::push("", key), at.to_string());
                    report.add(Self::INFO, place, item.span, "the input embeddings and the output layer of this model share one weight, but only one of them is changed");
                    break;
                }
            }
        }
    }
}
