//! What a release reads an object as that stands where a config belongs.

use super::config::Method;
use super::release::Release;
use super::release::facts::since;
use crate::document::Node;
use crate::value::Value;

/// What a release reads an object as.
pub(super) enum Reading {
    /// A config of this method.
    As(Method),
    /// No config at all, which the rule of unknown architectures tells.
    Nothing,
    /// A bottleneck adapter, as it does not know the `architecture`, and that without the keys of one.
    Misread(Option<Method>),
}

/// The method that a release reads a config as.
pub(super) fn method_read(node: &Node, release: Release) -> Reading {
    let meant = method_meant(node);
    if release.is_since(since::REFUSES_ARCHITECTURES) {
        return meant.map_or(Reading::Nothing, Reading::As);
    }
    let exact = match node.get("architecture").map(Node::to_value) {
        None | Some(Value::Null) => return Reading::As(Method::Bottleneck),
        Some(Value::String(name)) => Method::of_architecture(Some(&name)),
        Some(_) => None,
    };
    match exact.filter(|method| release.knows_method(*method)) {
        Some(method) => Reading::As(method),
        None if release.required(Method::Bottleneck).iter().all(|key| node.get(key).is_some()) => {
            Reading::As(Method::Bottleneck)
        }
        None => Reading::Misread(meant),
    }
}

/// The method that `architecture` selects. For a name that the library does not know, the method that is plainly
/// meant, so that one misspelt word does not hide all other flaws; `None` where nothing is.
fn method_meant(node: &Node) -> Option<Method> {
    let Some(written) = node.get("architecture") else { return Some(Method::Bottleneck) };
    let name = match written.to_value() {
        Value::Null => return Some(Method::Bottleneck),
        Value::String(name) => name,
        _ => return None,
    };
    let near = || {
        let names = Method::ALL.into_iter().filter_map(Method::architecture);
        crate::findings::nearest(&name, names).and_then(|near| Method::of_architecture(Some(near)))
    };
    Method::of_architecture(Some(&name)).or_else(|| architecture_alias(&name)).or_else(near)
}

/// The method of a name that people write for it and the library does not know.
pub(crate) fn architecture_alias(name: &str) -> Option<Method> {
    let lower = name.to_lowercase();
    match lower.as_str() {
        "bottleneck" | "adapter" | "seq_bn" | "double_seq_bn" | "par_bn" | "pfeiffer" | "houlsby" => {
            Some(Method::Bottleneck)
        }
        "ia3" | "vera" | "dora" | "dvora" => Some(Method::Lora),
        "loreft" | "noreft" | "direft" => Some(Method::Reft),
        _ => Method::of_architecture(Some(&lower)),
    }
}
