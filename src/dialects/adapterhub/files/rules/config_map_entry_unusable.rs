use super::super::facts::section::{Section, is_preset, section};
use crate::dialects::adapterhub::Subject;
use crate::findings::words::described;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// An entry of `config_map` is neither a config nor the name of a preset.
    ///
    /// ## Why is this bad
    /// The adapters library takes a string for the name of a preset and raises a `KeyError` if there is no such preset;
    /// a number raises an error too.
    ///
    /// ## Example
    /// ```json
    /// {"adapters": {"adapters": {"a": "c"}, "config_map": {"c": "no_such"}}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    ConfigMapEntryUnusable, Error
}

impl ConfigMapEntryUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(section) = section(subject) else { return };
        let used = section.texts("adapters");
        for entry in section.members("config_map") {
            let message = match entry.node.to_value() {
                // An empty list counts as no config, and is the matter of the adapter that uses it.
                Value::Null | Value::Map(_) => continue,
                Value::List(items) if items.is_empty() => continue,
                Value::String(name) if is_preset(&name) => continue,
                Value::String(name) => format!("there is no preset `{name}`"),
                other => format!("a config must be an object, not {}", described(&other)),
            };
            if used.contains(entry.key.as_str()) {
                report.add(Self::INFO, Section::pointer("config_map", &entry.key), entry.node.span, message);
            }
        }
    }
}
