//! The parts of `adapter_interface.json`.

use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::document::Node;

/// The methods that an interface can offer; prefix tuning is not among them.
pub(in super::super) const METHODS: [&str; 5] = ["bottleneck", "lora", "prompt_tuning", "reft", "invertible"];

/// The separate projections of an attention layer.
pub(in super::super) const SEPARATE: [&str; 3] = ["attn_q_proj", "attn_k_proj", "attn_v_proj"];

/// The interface itself; the library unpacks it, so it must be an object.
pub(in super::super) fn interface<'a>(subject: &Subject<'a>) -> Option<&'a Node> {
    let is_interface = subject.kind == FileKind::AdapterInterface;
    subject.root.get("interface").filter(|node| is_interface && node.is_map())
}

/// Whether a key has a value other than null.
pub(in super::super) fn is_given(interface: &Node, key: &str) -> bool {
    interface.get(key).is_some_and(|node| !node.is_null())
}

/// Whether the library looks into attention layers at all.
pub(in super::super) fn has_attention(interface: &Node) -> bool {
    is_given(interface, "layer_self_attn") || is_given(interface, "layer_cross_attn")
}
