use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::view::ConfigView;
use crate::findings::{Report, rule};
use crate::models::Model;
use crate::python::is_true;
use crate::value::Value;

rule! {
    /// With this value of `residual_before_ln` the adapter's residual is never taken.
    ///
    /// ## Why is this bad
    /// The adapters library takes the residual if the value is exactly `true`, if it is false, or if it is `"post_add"`
    /// and `original_ln_before` is true. For anything else, such as 1 or another string, and for `"post_add"` without
    /// `original_ln_before`, the model loads, but the first forward pass raises an `UnboundLocalError`.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu",
    ///  "original_ln_before": false, "residual_before_ln": "post_add"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the three values compute different functions.
    ResidualNeverDefined, Error
}

impl ResidualNeverDefined {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.of(Method::Bottleneck) {
            let Some(value) = config.value("residual_before_ln") else { continue };
            if !is_never_defined(config, subject.model.as_ref()) {
                continue;
            }
            let post_add = value.as_str() == Some("post_add");
            let keys =
                if post_add { &["residual_before_ln", "original_ln_before"][..] } else { &["residual_before_ln"] };
            let odd = config.odd_one(keys);
            let (pointer, span) = config.place_of(odd);
            let finding = report.add(
                Self::INFO,
                pointer,
                span,
                "with this value of `residual_before_ln` the residual is never defined: the first forward pass raises \
                 an `UnboundLocalError`",
            );
            if post_add {
                finding.help("`\"post_add\"` needs `\"original_ln_before\": true`");
                let other = if odd == "residual_before_ln" { "original_ln_before" } else { "residual_before_ln" };
                if let Some(other) = config.written(other) {
                    finding.also(other.node.span, "conflicts with this");
                }
            } else {
                finding.help("set it to true, false or \"post_add\"");
            }
        }
    }
}

/// Whether the library never takes the residual that the layer norm needs.
pub(super) fn is_never_defined(config: &ConfigView<'_>, model: Option<&Model>) -> bool {
    let Some(value) = config.value("residual_before_ln").filter(|_| config.method == Method::Bottleneck) else {
        return false;
    };
    let is_used = !config.is_true("is_parallel") && config.adapts_layers(model);
    let is_post_add = value.as_str() == Some("post_add") && config.is_true("original_ln_before");
    is_used && *value != Value::Bool(true) && is_true(&value) && !is_post_add
}
