use super::OnModel;
use crate::findings::{Report, rule};
use crate::models::tree::Kind;

rule! {
    /// OSF on a model without a linear layer among its targets: nothing is trained, and nobody says so.
    ///
    /// ## Why is this bad
    /// OSF adapts linear layers only, and passes over all others without a word. GPT-2, whose layers are of the kind `Conv1D`, is
    /// left as it is: the adapter is made, saved and loaded, its file has no tensors, and the outputs are those of the base model.
    ///
    /// ## Example
    /// On GPT-2:
    /// ```json
    /// {"peft_type": "OSF", "task_type": "CAUSAL_LM", "target_modules": ["c_attn"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: what this method cannot adapt needs another one.
    NoLayerChanged, Warning
}

impl NoLayerChanged {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let has_modules = |(_, adapted): (&crate::models::Tree, &super::super::expected::Adapted)| {
            adapted.tensors.as_ref().is_none_or(|tensors| !tensors.is_empty())
        };
        if !subject.subject.is("OSF") || subject.refusal().is_some() || subject.adapted().any(has_modules) {
            return;
        }
        let kinds = subject.modules().map(|module| module.kind).find(|kind| *kind != Kind::Linear);
        let why = match kinds {
            Some(kind) => format!("what is targeted is of the kind {kind}, which OSF passes over"),
            None => "no layer of the model is targeted".to_owned(),
        };
        let (pointer, span) = subject.place("target_modules");
        report.add(Self::INFO, pointer, span, format!("the adapter changes nothing: {why} without a word"));
    }
}
