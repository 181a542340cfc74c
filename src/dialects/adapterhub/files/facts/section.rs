//! The `adapters` section of a model's config: which adapter has which config, and which adapters are fused.

use std::collections::{BTreeSet, HashMap};

use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::presets::{Preset, Publisher};
use crate::document::{Member, Node, Span, pointer};
use crate::python::node_is_true;
use crate::value::Value;

/// The library's named architecture.
fn preset(name: &str) -> Option<&'static Preset> {
    Preset::find(name).filter(|preset| preset.publisher == Publisher::Library)
}

/// Whether the library has a preset of this name; settings in brackets are not understood here.
pub(in super::super) fn is_preset(name: &str) -> bool {
    preset(name).is_some()
}

/// The names of all presets.
pub(in super::super) fn presets() -> impl Iterator<Item = &'static str> {
    Preset::ALL.iter().filter(|preset| preset.publisher == Publisher::Library).flat_map(Preset::names)
}

/// The parts whose entries are looked up by key.
const PARTS: [&str; 5] = ["adapters", "config_map", "fusions", "fusion_config_map", "fusion_name_map"];

/// The section.
#[derive(Debug)]
pub(in super::super) struct Section<'a> {
    node: &'a Node,
    /// The entries of each part by their keys; of repeated keys the last one counts.
    entries: HashMap<&'a str, HashMap<&'a str, &'a Member>>,
}

/// A fusion of the section.
#[derive(Debug)]
pub(in super::super) struct Fusion<'a> {
    /// Where the adapters are listed.
    pub(in super::super) pointer: String,
    /// The node that lists them.
    pub(in super::super) node: &'a Node,
    /// The adapters that it fuses, as the library takes them; none where it cannot.
    pub(in super::super) adapters: Option<Vec<String>>,
}

/// The section of a file, if it is an object.
pub(in super::super) fn section<'a>(subject: &Subject<'a>) -> Option<Section<'a>> {
    let is_model = subject.kind == FileKind::ModelAdaptersSection;
    subject.root.get("adapters").filter(|node| is_model && node.is_map()).map(Section::new)
}

impl<'a> Section<'a> {
    fn new(node: &'a Node) -> Self {
        let by_key = |part: &'a Member| part.node.members().iter().map(|entry| (entry.key.as_str(), entry)).collect();
        let entries = PARTS.iter().filter_map(|part| node.member(part)).map(|part| (part.key.as_str(), by_key(part)));
        Self { node, entries: entries.collect() }
    }

    /// The members of one of its parts.
    pub(in super::super) fn members(&self, part: &str) -> &'a [Member] {
        self.node.get(part).map_or(&[], Node::members)
    }

    /// A part itself, or the section that lacks it.
    pub(in super::super) fn place_of(&self, part: &str) -> Span {
        self.node.get(part).unwrap_or(self.node).span
    }

    /// The entry of a part.
    pub(in super::super) fn entry(&self, part: &str, key: &str) -> Option<&'a Member> {
        self.entries.get(part)?.get(key).copied()
    }

    /// The texts that are the values of one of its parts.
    pub(in super::super) fn texts(&self, part: &str) -> BTreeSet<&'a str> {
        self.members(part).iter().filter_map(|member| member.node.as_str()).collect()
    }

    /// The pointer of an entry.
    pub(in super::super) fn pointer(part: &str, key: &str) -> String {
        pointer::push(&format!("/adapters/{part}"), key)
    }

    /// The config's object or preset that an adapter has; none if it has none.
    pub(in super::super) fn has_config(&self, adapter: &str) -> bool {
        let Some(name) = self.entry("adapters", adapter).and_then(|member| member.node.as_str()) else { return false };
        match self.entry("config_map", name) {
            Some(entry) => node_is_true(&entry.node),
            None => is_preset(name),
        }
    }

    /// The value of `mh_adapter` or `output_adapter` in an adapter's config, as fusions compare it.
    pub(in super::super) fn place(&self, adapter: &str, key: &str) -> Option<Value> {
        let name = self.entry("adapters", adapter)?.node.as_str()?;
        let entry = self.entry("config_map", name).map(|member| &member.node);
        if let Some(config) = entry.filter(|config| config.is_map()) {
            return Some(config.get(key).map_or(Value::Null, Node::to_value));
        }
        let preset = preset(entry.map_or(Some(name), Node::as_str)?)?;
        Some(preset.config().get(key).cloned().unwrap_or(Value::Null))
    }

    /// Whether an adapter may have bottleneck layers; where its config is unknown it may.
    pub(in super::super) fn has_bottleneck(&self, adapter: &str) -> bool {
        let Some(name) = self.entry("adapters", adapter).and_then(|member| member.node.as_str()) else { return true };
        let entry = self.entry("config_map", name).map(|member| &member.node);
        if let Some(config) = entry.filter(|config| config.is_map()) {
            let architecture = config.get("architecture").map_or(Value::Null, Node::to_value);
            return architecture == Value::Null || architecture.as_str() == Some("union");
        }
        let config = entry.map_or(Some(name), Node::as_str).and_then(preset).map(Preset::config);
        config.is_none_or(|config| match config.get("architecture").and_then(Value::as_str) {
            None | Some("union") => true,
            Some(_) => false,
        })
    }

    /// Its fusions; of repeated keys only the last one, which is all that the library sees.
    pub(in super::super) fn fusions(&self) -> Vec<Fusion<'a>> {
        let read = |member: &'a Member| match self.entry("fusion_name_map", &member.key) {
            Some(named) => Fusion {
                pointer: Self::pointer("fusion_name_map", &member.key),
                node: &named.node,
                adapters: names(&named.node.to_value()),
            },
            None => Fusion {
                pointer: Self::pointer("fusions", &member.key),
                node: &member.node,
                adapters: Some(member.key.split(',').map(str::to_owned).collect()),
            },
        };
        let counts =
            |member: &&'a Member| self.entry("fusions", &member.key).is_some_and(|last| std::ptr::eq(last, *member));
        self.members("fusions").iter().filter(counts).map(read).collect()
    }
}

/// The names that Python iterates over.
fn names(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::List(items) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
        Value::String(text) => Some(text.chars().map(String::from).collect()),
        Value::Map(map) => Some(map.iter().map(|(name, _)| name.to_owned()).collect()),
        _ => None,
    }
}
