//! Files of libraries whose rules are not here: recognised, so that they are not misjudged.

pub(super) mod unknown;

use super::{Dialect, FileKind, Recognised};
use crate::document::{Member, Node};
use crate::findings::rule_table;

rule_table! { (Dialect, &Node);
    AL117 other_library OtherLibrary,
}

/// Keys that only one library's configs have, most telling first. LLM-Adapters is a fork of PEFT with one method more.
const TELLING: [(&str, Dialect); 5] = [
    ("peft_type", Dialect::LlmAdapters),
    ("delta_type", Dialect::OpenDelta),
    ("fine_tune_type", Dialect::Mlx),
    ("lora_parameters", Dialect::Mlx),
    ("lora_layers", Dialect::Mlx),
];

/// The first of the telling keys that a config has, and whose it is.
fn telling(root: &Node) -> Option<(&Member, Dialect)> {
    TELLING.iter().find_map(|(key, dialect)| Some((root.member(key)?, *dialect)))
}

/// The dialect by the keys that only it has.
pub(super) fn recognise(root: &Node) -> Option<Recognised> {
    let has = |key: &str| root.get(key).is_some();
    // A stray key in an AdapterHub config does not make it another library's. MLX writes all arguments of its command,
    // of which `config` is one: a path, or null.
    let is_adapterhub = ["architecture", "mh_adapter", "output_adapter", "selfattn_lora"].iter().any(|key| has(key));
    if is_adapterhub || root.get("config").is_some_and(Node::is_map) {
        return None;
    }
    let (member, dialect) = telling(root)?;
    if dialect == Dialect::LlmAdapters && member.node.as_str() != Some("BOTTLENECK") {
        return None;
    }
    Some(Recognised { dialect: Some(dialect), kind: FileKind::Foreign, certain: true })
}
