use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};

rule! {
    /// The adapter was saved for a different base model from the one it is checked against.
    ///
    /// ## Why is this bad
    /// The adapters library compares neither `model_type` nor `hidden_size` with the model. If the type differs, so do
    /// the tensors' names, and the adapter keeps random weights without an error; if the hidden size differs, loading
    /// raises a `RuntimeError`.
    ///
    /// ## Example
    /// ```json
    /// {"name": "sst-2", "model_type": "roberta", "config": {"architecture": "lora"}, "version": "adapters.1.3.0"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    OtherBaseModel, Warning
}

impl OtherBaseModel {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(model) = &subject.model else { return };
        if let Some(member) = subject.saved_member("model_type")
            && let Some(saved) = member.node.as_str()
            && saved != model.model_type
        {
            let message =
                format!("the adapter was saved for a {saved} model, but this is a {} model", model.model_type);
            report
                .add(Self::INFO, "/model_type", member.node.span, message)
                .help("use the base model that it was trained on");
        }
        if let Some(member) = subject.saved_member("hidden_size")
            && let (Some(saved), Some(hidden)) = (member.node.value().as_i64(), model.hidden_size)
            && u64::try_from(saved).ok() != Some(hidden)
        {
            let message = format!("the adapter was saved for hidden size {saved}, but this model has {hidden}");
            report
                .add(Self::INFO, "/hidden_size", member.node.span, message)
                .help("use the base model that it was trained on");
        }
    }
}
