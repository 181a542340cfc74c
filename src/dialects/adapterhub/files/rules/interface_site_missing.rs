use super::super::facts::interface::{interface, is_given};
use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};

rule! {
    /// An interface names no module for a place where adapters are inserted.
    ///
    /// ## Why is this bad
    /// The adapters library silently inserts nothing there: adapters for that place are not created, and have no
    /// weights.
    ///
    /// ## Example
    /// ```json
    /// {"interface": {"adapter_methods": ["bottleneck"], "layer_output_proj": null}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the name is that of a module in the model.
    InterfaceSiteMissing, Warning
}

impl InterfaceSiteMissing {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(node) = interface(subject) else { return };
        for key in ["layer_self_attn", "layer_intermediate_proj", "layer_output_proj"] {
            if let Some(value) = node.get(key).filter(|_| !is_given(node, key)) {
                report.add(
                    Self::INFO,
                    format!("/interface/{key}"),
                    value.span,
                    format!("`{key}` names no module, so no adapter is inserted there"),
                );
            }
        }
        if is_given(node, "layer_pre_cross_attn")
            && !is_given(node, "layer_cross_attn")
            && let Some(value) = node.get("layer_pre_cross_attn")
        {
            let message = "`layer_pre_cross_attn` has no effect without `layer_cross_attn`";
            report.add(Self::INFO, "/interface/layer_pre_cross_attn", value.span, message);
        }
    }
}
