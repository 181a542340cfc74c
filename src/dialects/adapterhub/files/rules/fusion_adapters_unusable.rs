use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::document::Node;
use crate::findings::words::described;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// The adapters of a fusion are not named in a way in which the library can find them.
    ///
    /// ## Why is this bad
    /// `adapter_names` must be a list of names, or names joined by commas. A string is split at the commas only, so a
    /// space after a comma becomes part of the next name, and no adapter is found under that name.
    ///
    /// ## Example
    /// ```json
    /// {"name": "a,b", "adapter_names": "a, b", "config": "static"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    FusionAdaptersUnusable, Error
}

impl FusionAdaptersUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.kind != FileKind::AdapterFusionConfig {
            return;
        }
        let root = subject.root;
        match (root.get("adapter_names"), root.get("name").map(|node| (node, node.to_value()))) {
            (Some(node), _) => judge(node, "/adapter_names", report),
            (None, Some((node, Value::String(name)))) if !name.is_empty() => judge(node, "/name", report),
            _ => {}
        }
    }
}

fn judge(node: &Node, pointer: &str, report: &mut Report) {
    let mut add = |message: String| {
        report.add(FusionAdaptersUnusable::INFO, pointer, node.span, message);
    };
    match node.to_value() {
        Value::String(text) => {
            if let Some(name) = text.split(',').find(|name| name.is_empty() || name.trim() != *name) {
                add(format!("\"{text}\" is split at the commas, and no adapter can be found under \"{name}\""));
            }
        }
        Value::List(items) if items.is_empty() => add("no adapters to fuse are named".to_owned()),
        Value::List(items) => {
            if let Some(other) = items.iter().find(|item| item.as_str().is_none_or(str::is_empty)) {
                add(format!("the name of an adapter must be a string, not {}", described(other)));
            }
        }
        Value::Map(map) if map.is_empty() => add("no adapters to fuse are named".to_owned()),
        Value::Map(_) => {}
        other => add(format!("`adapter_names` must be a list of names, not {}", described(&other))),
    }
}
