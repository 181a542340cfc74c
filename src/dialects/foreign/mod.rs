//! Files of libraries whose rules are not here: recognised, so that they are not misjudged.

use super::{Dialect, File, FileKind, Recognised};
use crate::document::Node;
use crate::findings::{Report, rule_table};

rule_table! { (Dialect, &Node);
    AL117 other_library OtherLibrary,
    AL118 unrecognised_file UnrecognisedFile,
    AL119 config_of_nobody ConfigOfNobody,
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
    let dialect = if let Some(peft_type) = root.get("peft_type") {
        // LLM-Adapters is a fork of PEFT with one method more.
        if peft_type.as_str() != Some("BOTTLENECK") {
            return None;
        }
        Dialect::LlmAdapters
    } else if has("delta_type") {
        Dialect::OpenDelta
    } else if has("fine_tune_type") || has("lora_parameters") || has("lora_layers") {
        Dialect::Mlx
    } else {
        return None;
    };
    Some(Recognised { dialect: Some(dialect), kind: FileKind::Foreign, certain: true })
}

/// Says that nobody knows the file.
pub(super) fn check_unknown(file: File<'_>, report: &mut Report) {
    let is_named = file.name.rsplit(['/', '\\']).next() == Some("adapter_config.json");
    if is_named && file.root.is_map() {
        config_of_nobody::ConfigOfNobody::report(file.root, report);
    } else {
        unrecognised_file::UnrecognisedFile::report(file.root, report);
    }
}
