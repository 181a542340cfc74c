use crate::dialects::peft::checkpoint::Facts;
use crate::findings::{Report, rule};

rule! {
    /// A classifier's head whose number of labels differs from the base model's config.
    ///
    /// ## Why is this bad
    /// PEFT replaces the base model's head with the saved one. If the base model was made with a different number of
    /// labels (two by default), `PeftModel.from_pretrained` raises `RuntimeError: … size mismatch`. Nothing is reported
    /// for a config that is not of a classifier and says nothing about labels.
    ///
    /// ## Example
    /// ```text
    /// base_model.model.classifier.weight    [3, 768]    on a model of two labels
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: load the base model with the adapter's number of labels (`num_labels=3`).
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
        let message = format!("the head has {rows} labels, but the base model's config has {labels}");
        report
            .about_tensor(Self::INFO, tensor.name(), message)
            .help(format!("load the base model with `num_labels={rows}`"));
    }
}
