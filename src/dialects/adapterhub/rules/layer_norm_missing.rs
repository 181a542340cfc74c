use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::{Report, rule};
use crate::models::Norm;

rule! {
    /// `"post_add"` is used for a base model that has no layer norm after the adapter's place.
    ///
    /// ## Why is this bad
    /// `"residual_before_ln": "post_add"` takes the residual just before the layer norm that follows the adapter's
    /// place. Models that normalise before each block (GPT-2, Llama, T5, ViT …) have no layer norm there: the residual
    /// is never defined, and the first forward pass raises an `UnboundLocalError`.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu",
    ///  "original_ln_before": true, "residual_before_ln": "post_add"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: `true` and `false` compute different functions.
    LayerNormMissing, Error
}

impl LayerNormMissing {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(model) = &subject.model else { return };
        let Some(support) = model.support else { return };
        for config in subject.of(Method::Bottleneck) {
            let post_add = config.value("residual_before_ln").is_some_and(|value| value.as_str() == Some("post_add"));
            if !post_add
                || !config.is_true("original_ln_before")
                || config.is_true("is_parallel")
                || !config.reaches_a_layer(Some(model))
            {
                continue;
            }
            if let Some(place) = config.places(Some(model)).find(|place| support.norm_at(place) == Norm::Absent) {
                let (pointer, span) = config.place_of("residual_before_ln");
                report
                    .add(
                        Self::INFO,
                        pointer,
                        span,
                        format!(
                            "{} models have no layer norm after `{place}`: the residual is never defined",
                            model.model_type
                        ),
                    )
                    .help("set it to true or false");
            }
        }
    }
}
