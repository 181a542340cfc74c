use super::OnModel;
use crate::document::pointer;
use crate::findings::{Report, rule};

rule! {
    /// One of two layers that share a weight is adapted or saved, or both are, but not together.
    ///
    /// ## Why is this bad
    /// The output layer of this model is its input embeddings. An adapter on one of the two changes only that one, and on
    /// both it changes each in its own way, so that they differ from then on; merged weights can no longer be tied, and
    /// a model saved with them loses one of the two. PEFT warns, unless `ensure_weight_tying` is set.
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
        let mut found = Vec::new();
        for member in ["target_modules", "modules_to_save"].iter().filter_map(|key| subject.subject.written(key)) {
            for (at, item) in member.node.items().iter().enumerate() {
                let last = item.as_str().and_then(|name| name.rsplit('.').next());
                found.extend(last.filter(|last| NAMES.contains(last)).map(|last| (member, at, item.span, last)));
            }
        }
        let is_one = found.iter().all(|(.., last)| found.first().is_some_and(|(.., first)| first == last));
        let how = if is_one { "only one of them is changed" } else { "each of them is changed on its own" };
        found.dedup_by_key(|(member, ..)| member.key.clone());
        for (member, at, span, _) in found {
            let place = pointer::push(&pointer::push("", &member.key), at.to_string());
            let message =
                format!("the input embeddings and the output layer of this model share one weight, but {how}");
            report.add(Self::INFO, place, span, message);
        }
    }
}
