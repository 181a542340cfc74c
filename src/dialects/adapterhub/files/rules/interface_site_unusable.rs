use super::super::facts::interface::{SEPARATE, has_attention, interface, is_given};
use super::super::facts::keys::Takes;
use super::super::facts::structure::mismatch;
use crate::dialects::adapterhub::Subject;
use crate::findings::words::described;
use crate::findings::{Report, rule};

rule! {
    /// An interface does not name a projection of the attention layer that the library needs.
    ///
    /// ## Why is this bad
    /// If there is a self-attention or cross-attention layer, the adapters library looks for `attn_o_proj` in it, and
    /// for the query, key and value projections. Null and an empty string are not found; a number raises an
    /// `AttributeError`.
    ///
    /// ## Example
    /// ```json
    /// {"interface": {"layer_self_attn": "attn", "attn_o_proj": null}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the name is that of a module in the model.
    InterfaceSiteUnusable, Error
}

impl InterfaceSiteUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(node) = interface(subject).filter(|node| has_attention(node)) else { return };
        let mut read = vec!["attn_o_proj"];
        if is_given(node, "attn_q_proj") {
            read.extend(SEPARATE);
        } else {
            read.push("attn_qkv_proj");
        }
        for key in read {
            // Null or a missing projection is a matter of which of them are given, except for the output.
            let Some(value) = node.get(key).filter(|_| key == "attn_o_proj" || is_given(node, key)) else { continue };
            if mismatch(Takes::Path, &value.to_value()).is_some() {
                let found = described(&value.to_value());
                let message = format!("`{key}` must be the path of a module in the attention layer, not {found}");
                report.add(Self::INFO, format!("/interface/{key}"), value.span, message);
            }
        }
    }
}
