use super::OnModel;
use super::module_to_save_unusable::written;
use crate::dialects::peft::PeftType::{Osf, TrainableTokens};
use crate::dialects::peft::expected::{Adapted, Expected, training};
use crate::findings::{Report, rule};
use crate::models::Tree;
use crate::models::tree::Kind;
use crate::value::Value;

rule! {
    /// An adapter that silently changes nothing in this model, or embeddings that are trained without effect.
    ///
    /// ## Why is this bad
    /// OSF adapts linear layers only, and silently skips all others. GPT-2, whose layers are of kind `Conv1D`, is left
    /// as it is: the adapter is created, saved and loaded, its file has no tensors, and the outputs are those of the
    /// base model. OSF trains the directions of a weight beyond `effective_rank`; if that is as large as the weights,
    /// there are none. GLORA has no parameters where all its parts are `none`, or those of biases that a model lacks.
    ///
    /// TRAINABLE_TOKENS adapts what transformers calls the input embeddings. The encoder and decoder of a T5 have
    /// embeddings of their own; where these do not share their weight with the input embeddings, as in mT5, the rows are
    /// trained without any effect.
    ///
    /// Other methods and `modules_to_save` put a wrapper in the place of such embeddings, `shared`. Encoder and decoder
    /// keep the embeddings that they had, even where these are the same, so the wrapper is never called. What is
    /// trained there gets no gradient; if nothing else is trained, the backward pass raises a `RuntimeError`.
    ///
    /// ## Example
    /// On GPT-2:
    /// ```json
    /// {"peft_type": "OSF", "task_type": "CAUSAL_LM", "target_modules": ["c_attn"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: use another method.
    NoLayerChanged, Warning
}

impl NoLayerChanged {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        if has_idle_rows(subject) {
            let (pointer, span) = subject.place("peft_type");
            let message = "the adapter changes nothing: it trains rows of `shared`, but encoder and decoder of this model look \
                           their tokens up in their own embeddings";
            report.add(Self::INFO, pointer, span, message).help(
                "train them with LORA: its `trainable_token_indices` finds `encoder.embed_tokens` and `decoder.embed_tokens`",
            );
            return;
        }
        for key in ["target_modules", "modules_to_save"] {
            if let Some(name) = uncalled(subject, key) {
                let (pointer, span) = subject.place(key);
                let message = format!(
                    "`{name}` is trained without effect: encoder and decoder have embeddings of their own, and never call it"
                );
                report
                    .add(Self::INFO, pointer, span, message)
                    .help("LORA's `trainable_token_indices` trains rows of the embeddings in both");
            }
        }
        match subject.refusal() {
            Some(_) => {}
            None if subject.subject.is(Osf) => Self::check_osf(subject, report),
            None if has_no_parameters(subject) => {
                let (pointer, span) = subject.place("peft_type");
                let message = "the adapter changes nothing: with these settings, no targeted module gets a parameter";
                report.add(Self::INFO, pointer, span, message);
            }
            None => {}
        }
    }

    /// OSF passes over what it cannot adapt, and trains what is left of each weight.
    fn check_osf(subject: &OnModel<'_>, report: &mut Report) {
        let tensors = || subject.adapted().map(|(_, adapted)| adapted.tensors.as_deref());
        let is_empty = |tensor: &Expected| tensor.shape.contains(&Some(0));
        if tensors().any(|tensors| tensors.is_none_or(|tensors| !tensors.iter().all(is_empty))) {
            return;
        }
        if tensors().flatten().any(|tensors| !tensors.is_empty()) {
            let (pointer, span) = subject.place("effective_rank");
            let message = "the adapter changes nothing: OSF keeps so many directions of each weight, and trains the others, \
                           of which there are none";
            report.add(Self::INFO, pointer, span, message).help("keep fewer directions than the weights have");
            return;
        }
        let kinds = subject.modules().map(|module| module.kind).find(|kind| *kind != Kind::Linear);
        let why = match kinds {
            Some(kind) => format!("the targets are of kind {kind}, which OSF silently skips"),
            None => "no layer of the model is targeted, and OSF does not say so".to_owned(),
        };
        let (pointer, span) = subject.place("target_modules");
        report.add(Self::INFO, pointer, span, format!("the adapter changes nothing: {why}"));
    }
}

/// The input embeddings beside those of encoder and decoder, if a key has them trained by a wrapper. A model that puts texts and
/// pictures together calls them itself.
fn uncalled(subject: &OnModel<'_>, key: &str) -> Option<&'static str> {
    if subject.subject.is(TrainableTokens) || subject.subject.set("ensure_weight_tying").is_some() {
        return None;
    }
    let saved = subject.subject.written(key).filter(|_| key == "modules_to_save").map(written).unwrap_or_default();
    let of = |(tree, adapted): (&Tree, &Adapted)| {
        let input = tree.input.filter(|name| name.rsplit('.').next() == Some("shared"))?;
        let is_meant = match key {
            "target_modules" => adapted.modules.iter().any(|module| module == input),
            _ => saved.iter().any(|entry| input.ends_with(&entry.text)),
        };
        (is_meant && !tree.has_key("text_config.vocab_size")).then_some(input)
    };
    subject.adapted().map(of).collect::<Option<Vec<_>>>()?.first().copied()
}

/// Whether modules are adapted, whatever the class, and nothing is trained.
fn has_no_parameters(subject: &OnModel<'_>) -> bool {
    let is_idle = |(tree, adapted): (&Tree, &Adapted)| {
        let trained = || training(&subject.config, tree, adapted).and_then(|training| training.numbers);
        !adapted.modules.is_empty() && trained() == Some(0)
    };
    subject.adapted().next().is_some() && subject.adapted().all(is_idle)
}

/// Whether rows are trained in embeddings that no part of the model looks at.
fn has_idle_rows(subject: &OnModel<'_>) -> bool {
    let is_named = subject.subject.value("target_modules").is_some_and(|targets| targets != Value::Null);
    let is_plain = subject.subject.is(TrainableTokens) && !is_named && subject.refusal().is_none();
    is_plain && !subject.trees.is_empty() && subject.trees.iter().all(Tree::has_idle_input)
}
