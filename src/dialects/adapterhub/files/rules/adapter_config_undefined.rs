use super::super::facts::section::{Section, presets, section};
use crate::dialects::adapterhub::Subject;
use crate::document::Node;
use crate::findings::nearest;
use crate::findings::words::described;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// An adapter listed in a model's config has no config of its own.
    ///
    /// ## Why is this bad
    /// The library looks the name up in `config_map`, then among its presets. If it is in neither, or the entry is
    /// empty, the adapter exists without any weights, and fusions with it fail. A preset with settings in brackets is
    /// not understood here, nor are the pairs of type and config that adapter-transformers 1 wrote.
    ///
    /// ## Example
    /// ```json
    /// {"adapters": {"adapters": {"a": "9076f36a74755ac4"}, "config_map": {}}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    AdapterConfigUndefined, Error
}

impl AdapterConfigUndefined {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(section) = section(subject) else { return };
        for member in section.members("adapters") {
            if section.has_config(&member.key) {
                continue;
            }
            let value = member.node.to_value();
            let entry = value.as_str().and_then(|name| section.entry("config_map", name));
            // An entry of a type that is no config has a rule of its own.
            let is_config = |node: &Node| node.is_map() || node.is_list() || node.is_null();
            if entry.is_some_and(|entry| !is_config(&entry.node)) {
                continue;
            }
            let message = match &value {
                Value::String(name) if entry.is_some() => format!("the entry `{name}` of `config_map` is empty"),
                Value::String(name) => format!("`{name}` is neither in `config_map` nor a preset"),
                Value::List(_) => "pairs of type and config can no longer be read from JSON".to_owned(),
                other => format!("an adapter's config must be given by its name, not {}", described(other)),
            };
            let pointer = Section::pointer("adapters", &member.key);
            let finding = report.add(Self::INFO, pointer, member.node.span, message);
            if let Some(entry) = entry {
                finding.also(entry.node.span, "the entry");
            } else {
                finding.also(section.place_of("config_map"), "the configs of the model");
            }
            if let Some(known) = value.as_str().and_then(|name| nearest(name, presets())) {
                finding.help(format!("did you mean the preset `{known}`?"));
            }
        }
    }
}
