use super::super::facts::interface::{SEPARATE, interface, is_given};
use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};

rule! {
    /// An interface names neither separate nor combined projections of query, key and value.
    ///
    /// ## Why is this bad
    /// The adapters library raises a `ValueError` unless `attn_q_proj`, `attn_k_proj` and `attn_v_proj` are all given,
    /// or `attn_qkv_proj` is.
    ///
    /// ## Example
    /// ```json
    /// {"interface": {"attn_q_proj": "q_proj", "attn_k_proj": "k_proj", "attn_v_proj": null}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the names are those of modules in the model.
    InterfaceProjectionsMissing, Error
}

impl InterfaceProjectionsMissing {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(node) = interface(subject) else { return };
        let missing: Vec<_> = SEPARATE.into_iter().filter(|key| !is_given(node, key)).collect();
        if missing.is_empty() || is_given(node, "attn_qkv_proj") {
            return;
        }
        let message = {
            let names: Vec<_> = missing.iter().map(|key| format!("`{key}`")).collect();
            format!("without `attn_qkv_proj` the interface needs {}", names.join(", "))
        };
        // Three missing projections say nothing about which of the four is at fault.
        let at = if missing.len() == SEPARATE.len() { "attn_qkv_proj" } else { missing[0] };
        match node.get(at) {
            Some(value) => report.add(Self::INFO, format!("/interface/{at}"), value.span, message),
            None => report.add(Self::INFO, "/interface", super::super::facts::python::opening(node), message),
        };
    }
}
