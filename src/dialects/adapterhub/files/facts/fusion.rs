//! The parts of an AdapterFusion file.

use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::document::Node;
use crate::value::Value;

/// The AdapterFusion configs that the library knows by name.
pub(in super::super) const PRESETS: [&str; 2] = ["static", "dynamic"];

/// The config object and its pointer, if the file gives one as an object.
pub(in super::super) fn config<'a>(subject: &Subject<'a>) -> Option<(&'a Node, String)> {
    let found = match subject.kind {
        FileKind::Fusion => Some((subject.root, String::new())),
        FileKind::AdapterFusionConfig => subject.root.get("config").map(|node| (node, "/config".to_owned())),
        _ => None,
    };
    found.filter(|(node, _)| node.is_map())
}

/// The adapters that a whole file fuses, where they can be read: `adapter_names`, else the name taken apart.
pub(in super::super) fn adapters(subject: &Subject<'_>) -> Option<Vec<String>> {
    if subject.kind != FileKind::AdapterFusionConfig {
        return None;
    }
    let root = subject.root;
    match root.get("adapter_names").or_else(|| root.get("name"))?.to_value() {
        Value::String(text) => Some(text.split(',').map(str::to_owned).collect()),
        Value::List(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        Value::Map(map) => Some(map.iter().map(|(name, _)| name.to_owned()).collect()),
        _ => None,
    }
}
