//! Which of the dialect's files this is.

use super::config::Method;
use super::view::fields;
use crate::dialects::{Dialect, FileKind, Recognised};
use crate::document::Node;

/// Names of files that the library writes; a JSON file of another name may still be one of them.
const FILE_NAMES: [(&str, FileKind); 5] = [
    ("adapter_config.json", FileKind::AdapterConfig),
    ("head_config.json", FileKind::HeadConfig),
    ("adapter_fusion_config.json", FileKind::AdapterFusionConfig),
    ("adapter_setup.json", FileKind::AdapterSetup),
    ("adapter_interface.json", FileKind::AdapterInterface),
];

/// Keys that only AdapterFusion has.
const FUSION_KEYS: [&str; 4] = ["query_before_ln", "value_before_softmax", "value_initialized", "residual_before"];

/// What a file is by its name alone, for texts of which nothing could be read.
pub(crate) fn recognise_by_name(name: &str) -> Recognised {
    match by_name(name) {
        Some(kind) => found(kind, true),
        None => Recognised::unknown(),
    }
}

/// What a file is by its keys, else by its name; a JSON object that says nothing else is taken for a bare config.
pub(crate) fn recognise(root: &Node, name: &str) -> Option<Recognised> {
    if name.ends_with(".yaml") || name.ends_with(".yml") {
        return None;
    }
    let by_name = by_name(name);
    if !root.is_map() {
        return by_name.map(|kind| found(kind, true)).or(Some(found(FileKind::Config, false)));
    }
    if let Some(kind) = by_keys(root) {
        return Some(found(kind, true));
    }
    Some(match by_name {
        Some(kind) => found(kind, true),
        None => found(FileKind::Config, false),
    })
}

fn found(kind: FileKind, certain: bool) -> Recognised {
    Recognised { dialect: Some(Dialect::AdapterHub), kind, certain }
}

fn by_name(name: &str) -> Option<FileKind> {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    FILE_NAMES.iter().find(|(known, _)| *known == base).map(|(_, kind)| *kind)
}

fn by_keys(root: &Node) -> Option<FileKind> {
    let has = |key: &str| root.get(key).is_some();
    let is_fusion = |node: &Node| FUSION_KEYS.iter().filter(|key| node.get(key).is_some()).count() >= 2;
    if has("adapter_setup") {
        return Some(FileKind::AdapterSetup);
    }
    if has("interface") {
        return Some(FileKind::AdapterInterface);
    }
    if let Some(adapters) = root.get("adapters")
        && (adapters.get("config_map").is_some() || adapters.get("adapters").is_some())
    {
        return Some(FileKind::ModelAdaptersSection);
    }
    if let Some(config) = root.get("config") {
        let is_head = config.get("head_type").is_some() || has("label2id") || has("num_labels");
        return Some(match config {
            config if is_fusion(config) || has("adapter_names") => FileKind::AdapterFusionConfig,
            _ if is_head => FileKind::HeadConfig,
            _ => FileKind::AdapterConfig,
        });
    }
    if is_fusion(root) {
        return Some(FileKind::Fusion);
    }
    let known = |key: &str| Method::ALL.iter().any(|method| fields(*method).iter().any(|(field, _)| field == key));
    (has("architecture") || root.members().iter().any(|member| known(&member.key))).then_some(FileKind::Config)
}
