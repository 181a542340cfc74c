use super::OnModel;
use crate::findings::{Report, rule};
use crate::models::Model;

rule! {
    /// The config names a well-known base model, and is checked against another one.
    ///
    /// ## Why is this bad
    /// PEFT does not compare `base_model_name_or_path` with the model that it is given. If the names of the modules are the
    /// same, an adapter of one model loads onto another, and means nothing there; if sizes differ, loading fails.
    ///
    /// ## Example
    /// Beside the config of a Mistral:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj"], "base_model_name_or_path": "gpt2"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: either may be the wrong one.
    OtherBaseModelNamed, Warning
}

impl OtherBaseModelNamed {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        const KEY: &str = "base_model_name_or_path";
        let Some(named) = subject.subject.root.get(KEY).and_then(|node| node.as_str()) else { return };
        let (Some(known), Some(tree)) = (Model::well_known(named), subject.trees.first()) else { return };
        let (pointer, span) = subject.place(KEY);
        let message = if known.model_type != tree.model_type {
            format!(
                "the adapter is for `{named}`, a {} model, but this is a {} model",
                known.model_type, tree.model_type
            )
        } else if let (Some(own), Some(hidden)) = (known.hidden_size, subject.hidden_size)
            && own != hidden
        {
            format!("the adapter is for `{named}`, whose hidden size is {own}, but this model has {hidden}")
        } else {
            return;
        };
        report.add(Self::INFO, pointer, span, message).help("name the base model that the adapter was trained on");
    }
}
