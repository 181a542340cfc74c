use super::super::facts::interface::{SEPARATE, has_attention, interface, is_given};
use crate::dialects::adapterhub::Subject;
use crate::findings::Severity;
use crate::findings::{Report, rule};

rule! {
    /// An interface names both separate and combined projections of query, key and value.
    ///
    /// ## Why is this bad
    /// The adapters library raises a `ValueError` if all four are given. With `attn_q_proj` beside the combined one, it
    /// looks for the other two and fails. With only the key or value projection beside it, that one is not read, which
    /// is a warning.
    ///
    /// ## Example
    /// ```json
    /// {"interface": {"attn_q_proj": "q", "attn_k_proj": "k", "attn_v_proj": "v", "attn_qkv_proj": "qkv"}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the model tells which of the two it has.
    InterfaceProjectionsDoubled, Error
}

impl InterfaceProjectionsDoubled {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(node) = interface(subject).filter(|node| is_given(node, "attn_qkv_proj")) else { return };
        let Some(combined) = node.get("attn_qkv_proj") else { return };
        let separate: Vec<_> = SEPARATE.into_iter().filter(|key| is_given(node, key)).collect();
        if separate.is_empty() {
            return;
        }
        let is_all = separate.len() == SEPARATE.len();
        let fails = is_all || (has_attention(node) && separate.contains(&"attn_q_proj"));
        let mut places = vec![("attn_qkv_proj", combined.span)];
        if !is_all {
            places = separate.iter().filter_map(|key| Some((*key, node.get(key)?.span))).collect();
        }
        let others: Vec<_> = if is_all {
            separate.iter().filter_map(|key| Some((node.get(key)?.span, "a separate one"))).collect()
        } else {
            vec![(combined.span, "the combined one")]
        };
        for (key, span) in places {
            let finding = report.add(
                Self::INFO,
                format!("/interface/{key}"),
                span,
                "query, key and value are projected twice: by matrices of their own and by a combined one",
            );
            for (span, label) in &others {
                finding.also(*span, *label);
            }
            finding.help("give either the three separate ones or the combined one; set the rest to null");
            if !fails {
                finding.severity = Severity::Warning;
            }
        }
    }
}
