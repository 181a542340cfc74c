use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::add;
use crate::findings::{Report, rule};

rule! {
    /// A classifier's head that has another number of labels than the base model's config.
    ///
    /// ## Why is this bad
    /// PEFT puts the saved head in the place of the base model's. If that one was made with another number of labels, which is
    /// two where nobody says otherwise, `PeftModel.from_pretrained` raises `RuntimeError: … size mismatch`. Of a config that is
    /// no classifier's and says nothing of labels nothing is told.
    ///
    /// ## Example
    /// ```text
    /// base_model.model.classifier.weight    [3, 768]    on a model of two labels
    /// ```
    ///
    /// ## Fix safety
    /// There is none: load the base model with the number of labels of the adapter (`num_labels=3`).
    HeadOfOtherLabels, Error
}

impl HeadOfOtherLabels {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        let (Some(comparison), Some(labels)) = (facts.comparison(), facts.labels()) else { return };
        let of = |tensor: &crate::tensors::Tensor<'_>| {
            let rows = tensor.shape().first().and_then(|rows| u64::try_from(*rows).ok())?;
            (rows != labels && tensor.elements() > 0).then_some(rows)
        };
        let Some((tensor, rows)) = comparison.heads.iter().find_map(|tensor| Some((tensor, of(tensor)?))) else {
            return;
        };
        let message = format!("the head has {rows} labels, and the base model's config {labels}");
        add(report, Self::INFO, tensor.name(), message).help(format!("load the base model with `num_labels={rows}`"));
    }
}
