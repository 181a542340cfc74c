//! Config objects: what the library's `from_dict`, `replace`, `to_dict` and `ConfigUnion.validate` do
//! (`adapter_config.py`, 1.3.0).

use std::collections::HashMap;

use super::super::attributes;
use super::super::config::Method;
use super::super::identity::{Unhashable, config_id_of};
use super::super::presets::{Preset, Shape};
use super::error::LoadError;
use super::notes::Note;
use super::upgrade::as_json;
use crate::document::pointer;
use crate::findings::nearest;
use crate::merge::{Layer, Layered, Origin};
use crate::python::{self, Object, equality_key};
use crate::value::{Map, Value};

/// A config class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    /// A dataclass of a method.
    Keys(Method),
    /// `AdapterFusionConfig`.
    Fusion,
    /// A union.
    Union(Shape),
}

/// The keys of `AdapterFusionConfig`; none has a default.
const FUSION_KEYS: [&str; 10] = [
    "key",
    "query",
    "value",
    "query_before_ln",
    "regularization",
    "residual_before",
    "temperature",
    "value_before_softmax",
    "value_initialized",
    "dropout_prob",
];

impl Class {
    /// The class that a dictionary's `architecture` selects.
    pub(super) fn of(dict: &Layer, at: &str) -> Result<Self, LoadError> {
        let value = dict.get("architecture").map_or(Value::Null, Layered::value);
        let method = match &value {
            Value::Null => Method::of_architecture(None),
            Value::String(name) => Method::of_architecture(Some(name)),
            _ => None,
        };
        match method {
            Some(Method::Union) => Ok(Self::Union(Shape::Plain)),
            Some(method) => Ok(Self::Keys(method)),
            None => Err(LoadError::UnknownArchitecture {
                pointer: pointer::push(at, "architecture"),
                value: as_json(&value),
            }),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Keys(method) => method.architecture().unwrap_or("bottleneck"),
            Self::Fusion => "fusion",
            Self::Union(_) => "union",
        }
    }

    /// All keys in the library's order with their defaults.
    pub(super) fn fields(self) -> Vec<(String, Option<Value>)> {
        match self {
            Self::Keys(method) => method.fields(),
            Self::Fusion => FUSION_KEYS.iter().map(|key| ((*key).to_owned(), None)).collect(),
            Self::Union(_) => Vec::new(),
        }
    }

    /// The key of the class that is spelt most like this one, if any is near.
    fn similar(self, key: &str) -> Option<String> {
        let fields = self.fields();
        nearest(key, fields.iter().map(|(known, _)| known.as_str())).map(str::to_owned)
    }

    pub(super) fn default_origin(self) -> Origin {
        Origin::Default { of: self.name().to_owned() }
    }

    /// The defaults; `architecture` is left out, because a sparse config still has to say what it is.
    fn defaults(self) -> Map {
        let fields = self.fields().into_iter().filter(|(key, _)| key != "architecture");
        fields.filter_map(|(key, default)| Some((key, default?))).collect()
    }
}

/// Values that JSON has no exact form for, by JSON pointer.
pub(super) type Exact = Vec<(String, Object)>;

/// A config object.
#[derive(Debug, Clone)]
pub(super) struct Config {
    pub(super) class: Class,
    /// The keys of the class, all of them. Of a union only `architecture`.
    pub(super) fields: Layer,
    /// Keys that the class does not know.
    pub(super) extras: Layer,
    /// Values of keys that are more than their JSON form, by key.
    pub(super) exact: Vec<(String, Object)>,
    /// The members of a union.
    pub(super) members: Vec<Config>,
}

impl Config {
    /// `class.from_dict(dict)`; `at` is the dictionary's own pointer.
    pub(super) fn from_dict(
        class: Class,
        dict: &Layer,
        exact: &Exact,
        at: &str,
        notes: &mut Vec<Note>,
    ) -> Result<Self, LoadError> {
        if let Class::Union(shape) = class {
            return Self::union_from_dict(shape, dict, exact, at, notes);
        }
        let mut fields = Layer::default();
        let mut missing = Vec::new();
        for (key, default) in class.fields() {
            match (dict.get(&key), default) {
                (Some(value), _) => fields.insert(key, value.clone()),
                (None, Some(default)) => fields.insert(key, Layered::new(default, &class.default_origin())),
                (None, None) => missing.push(key),
            }
        }
        if !missing.is_empty() {
            return Err(LoadError::MissingKeys { pointer: at.to_owned(), class: class.name(), keys: missing });
        }
        let mut config = Self { class, fields, extras: Layer::default(), exact: Vec::new(), members: Vec::new() };
        let unknown: Vec<_> = dict.iter().filter(|(key, _)| config.fields.get(key).is_none()).collect();
        for (key, value) in unknown {
            config.set_extra(key, value, at, notes)?;
        }
        for (key, _) in config.fields.iter().chain(config.extras.iter()) {
            let place = pointer::push(at, key);
            if let Some((_, object)) = exact.iter().find(|(known, _)| *known == place) {
                config.exact.push((key.to_owned(), object.clone()));
                notes.push(Note::KeysBecomeText { pointer: place });
            }
        }
        Ok(config)
    }

    /// `setattr` for a key that the class does not know.
    fn set_extra(&mut self, key: &str, value: &Layered, at: &str, notes: &mut Vec<Note>) -> Result<(), LoadError> {
        let pointer = pointer::push(at, key);
        let method = match self.class {
            Class::Keys(method) => Some(method),
            Class::Fusion | Class::Union(_) => None,
        };
        if attributes::hides(method, key, &value.value()) {
            return Err(LoadError::HiddenMethod { pointer });
        }
        if key == "invertible_adapter" && self.class == Class::Keys(Method::Bottleneck) {
            if !python::is_true(&value.value()) {
                return Ok(());
            }
            let Layered::Map(old) = value else {
                return Err(LoadError::InvertibleAdapter { pointer, missing: None });
            };
            for (old_key, new_key) in
                [("block_type", "inv_adapter"), ("reduction_factor", "inv_adapter_reduction_factor")]
            {
                match old.get(old_key) {
                    Some(value) => self.fields.insert(new_key, value.clone()),
                    None => return Err(LoadError::InvertibleAdapter { pointer, missing: Some(old_key) }),
                }
            }
            notes.push(Note::InvertibleAdapterUnfolded { pointer });
            return Ok(());
        }
        let says_nothing = key == "architecture" && matches!(value.value(), Value::Null);
        if !says_nothing {
            notes.push(Note::Unsaved { pointer, class: self.class.name(), similar: self.class.similar(key) });
        }
        self.extras.insert(key, value.clone());
        Ok(())
    }

    fn union_from_dict(
        shape: Shape,
        dict: &Layer,
        exact: &Exact,
        at: &str,
        notes: &mut Vec<Note>,
    ) -> Result<Self, LoadError> {
        let place = pointer::push(at, "configs");
        let Some(list) = dict.get("configs") else {
            return Err(LoadError::MissingKeys {
                pointer: at.to_owned(),
                class: "union",
                keys: vec!["configs".to_owned()],
            });
        };
        let items = match (list.items(), list.value()) {
            (Some(items), _) => items,
            // Python iterates over an empty mapping or text as well.
            (None, Value::Map(map)) if map.is_empty() => Vec::new(),
            (None, Value::String(text)) if text.is_empty() => Vec::new(),
            (None, other) => return Err(LoadError::NotAList { pointer: place, found: other.type_name() }),
        };
        let mut members = Vec::new();
        for (index, item) in items.iter().enumerate() {
            let at = pointer::push(&place, index);
            let member = item
                .as_layer()
                .ok_or_else(|| LoadError::NotAConfig { pointer: at.clone(), found: item.value().type_name() })?;
            members.push(Self::from_dict(Class::of(&member, &at)?, &member, exact, &at, notes)?);
        }
        for (key, _) in dict.iter().filter(|(key, _)| !matches!(*key, "architecture" | "configs")) {
            notes.push(Note::Dropped { pointer: pointer::push(at, key) });
        }
        let architecture = dict.get("architecture").filter(|value| value.value().as_str() == Some("union")).cloned();
        Self::union(shape, shaped(shape, members)?, architecture)
    }

    /// A union of members, after `ConfigUnion.validate`.
    pub(super) fn union(shape: Shape, members: Vec<Self>, architecture: Option<Layered>) -> Result<Self, LoadError> {
        validate(&members)?;
        let class = Class::Union(shape);
        let tag =
            architecture.unwrap_or_else(|| Layered::Leaf(Value::String("union".to_owned()), class.default_origin()));
        let fields = [("architecture".to_owned(), tag)].into_iter().collect();
        Ok(Self { class, fields, extras: Layer::default(), exact: Vec::new(), members })
    }

    /// `self.replace(**arguments)`: other keys than the class's are refused, extra ones are lost.
    pub(super) fn replace(&self, arguments: &[(String, Object)]) -> Result<Self, LoadError> {
        if let Class::Union(_) = self.class {
            let members = self.members.iter().map(|member| member.replace(arguments)).collect::<Result<_, _>>()?;
            return Self::union(Shape::Plain, members, self.fields.get("architecture").cloned());
        }
        let mut changed = Self { extras: Layer::default(), ..self.clone() };
        for (key, object) in arguments {
            if self.fields.get(key).is_none() {
                return Err(LoadError::UnexpectedKey {
                    class: self.class.name(),
                    key: key.clone(),
                    similar: self.class.similar(key),
                });
            }
            let value = object.to_value().map_err(|reason| LoadError::Unsaveable { key: key.clone(), reason })?;
            changed.fields.insert(key.clone(), Layered::new(value, &Origin::ConfigString));
            changed.exact.retain(|(known, _)| known != key);
            if !object.has_only_text_keys() {
                changed.exact.push((key.clone(), object.clone()));
            }
        }
        Ok(changed)
    }

    /// `self.to_dict()`.
    pub(super) fn to_dict(&self) -> Layer {
        let mut dict = self.fields.clone();
        if let Class::Union(_) = self.class {
            let members = self.members.iter().map(|member| Layered::Map(member.to_dict())).collect();
            dict.insert("configs", Layered::from_items(members, &self.class.default_origin()));
        }
        dict
    }

    /// Where `architecture` names another class than that which the object has; `at` is its own pointer.
    pub(super) fn other_architectures(&self, at: &str) -> Vec<Note> {
        if let Class::Union(_) = self.class {
            let place = |index| pointer::push(&pointer::push(at, "configs"), index);
            return self
                .members
                .iter()
                .enumerate()
                .flat_map(|(at, member)| member.other_architectures(&place(at)))
                .collect();
        }
        let named = self.fields.get("architecture").map(|_| Class::of(&self.fields, at));
        let is_own = named.is_none_or(|named| named == Ok(self.class));
        let note = || Note::OtherArchitecture { pointer: pointer::push(at, "architecture"), class: self.class.name() };
        (!is_own).then(note).into_iter().collect()
    }

    /// The values of `self.to_dict()` that are more than their JSON form.
    pub(super) fn exact_values(&self, at: &str) -> Exact {
        let own = self.exact.iter().map(|(key, object)| (pointer::push(at, key), object.clone()));
        let place = pointer::push(at, "configs");
        let members = self.members.iter().enumerate();
        own.chain(members.flat_map(|(index, member)| member.exact_values(&pointer::push(&place, index)))).collect()
    }

    /// Only what differs from the defaults, and what the config needs to be loaded again.
    pub(super) fn sparse(&self) -> Layer {
        let mut dict = self.fields.sparse(&self.class.defaults());
        if let Class::Union(_) = self.class {
            let sparse = |member: &Self| Layered::Map(member.sparse());
            let members = self.members.iter().map(sparse).collect();
            dict.insert("configs", Layered::from_items(members, &self.class.default_origin()));
        }
        dict
    }

    /// `get_adapter_config_hash(self)`: extra keys count, and a union's keys are `0.r`, `1.r` …
    pub(super) fn config_id(&self) -> Result<String, Unhashable> {
        let mut entries = Vec::new();
        if let Class::Union(_) = self.class {
            for (index, member) in self.members.iter().enumerate() {
                for (key, object) in member.entries() {
                    if key.contains('.') {
                        return Err(Unhashable::DottedKey(key));
                    }
                    entries.push((Object::Str(format!("{index}.{key}")), object));
                }
            }
        } else {
            if self.extras.get("items").is_some() {
                return Err(Unhashable::HiddenMethod("items".to_owned()));
            }
            entries.extend(self.entries().into_iter().map(|(key, object)| (Object::Str(key), object)));
        }
        Ok(config_id_of(entries)?)
    }

    fn entries(&self) -> Vec<(String, Object)> {
        let object = |key: &str, value: &Layered| match self.exact.iter().find(|(known, _)| known == key) {
            Some((_, object)) => object.clone(),
            None => Object::from(&value.value()),
        };
        let all = self.fields.iter().chain(self.extras.iter());
        all.map(|(key, value)| (key.to_owned(), object(key, value))).collect()
    }

    fn is_true(&self, key: &str) -> bool {
        let value = self.fields.get(key).or_else(|| self.extras.get(key));
        value.is_some_and(|value| python::is_true(&value.value()))
    }

    /// The `architecture` where it is a text; in a config string it may be that of another class.
    fn architecture(&self) -> Option<String> {
        self.value("architecture").as_str().map(str::to_owned)
    }

    fn value(&self, key: &str) -> Value {
        self.fields.get(key).map_or(Value::Null, Layered::value)
    }
}

/// `ConfigUnion.validate`.
fn validate(members: &[Config]) -> Result<(), LoadError> {
    let place = |index: usize| format!("/configs/{index}");
    if let Some(index) = members.iter().position(|member| matches!(member.class, Class::Union(_))) {
        return Err(LoadError::NestedUnion { pointer: place(index) });
    }
    let everywhere = || members.iter().enumerate().filter(|(_, member)| !member.is_true("leave_out"));
    // A config string can call anything a bottleneck adapter, which is then asked for keys that it has not.
    let mut bottlenecks = everywhere().filter(|(_, member)| member.architecture().is_none());
    let lacking = bottlenecks.clone().find(|(_, member)| PLACES.iter().any(|key| member.fields.get(key).is_none()));
    if let (Some((index, _)), Some(_)) = (lacking, bottlenecks.nth(1)) {
        return Err(LoadError::MissingKeys {
            pointer: place(index),
            class: Class::Keys(Method::Bottleneck).name(),
            keys: PLACES.map(str::to_owned).to_vec(),
        });
    }
    let mut known: HashMap<(Option<String>, &str, String), usize> = HashMap::new();
    for (index, member) in everywhere() {
        let marks = marks(member);
        if let Some(before) = marks.iter().filter_map(|mark| known.get(mark)).min() {
            return Err(LoadError::Conflict {
                first: place(*before),
                second: place(index),
                class: member.class.name(),
            });
        }
        known.extend(marks.into_iter().map(|mark| (mark, index)));
    }
    Ok(())
}

/// Where a bottleneck adapter can be.
const PLACES: [&str; 2] = ["mh_adapter", "output_adapter"];

/// What no two members of a union may have in common: the `architecture`, whatever the class. Bottleneck adapters
/// conflict if either place is the same in both.
fn marks(member: &Config) -> Vec<(Option<String>, &'static str, String)> {
    match member.architecture() {
        None => PLACES
            .iter()
            .filter_map(|key| Some((None, *key, equality_key(&Object::from(&member.value(key)))?)))
            .collect(),
        architecture => vec![(architecture, "", String::new())],
    }
}

/// What the constructors of `MAMConfig` and `UniPELTConfig` make of their members.
fn shaped(shape: Shape, mut members: Vec<Config>) -> Result<Vec<Config>, LoadError> {
    let (name, expected) = match shape {
        Shape::Plain => return Ok(members),
        Shape::Mam => ("mam", "`mam` takes at most two members, prefix tuning and a bottleneck adapter"),
        Shape::Unipelt => ("unipelt", "`unipelt` takes at most three members, all with the key `use_gating`"),
    };
    let wrong = || LoadError::WrongMembers { expected };
    let own = Preset::find(name).map(|preset| Layer::new(preset.config(), &Origin::Preset { name: name.to_owned() }));
    let own = own.as_ref().and_then(|own| own.get("configs")).and_then(Layered::items).unwrap_or_default();
    if members.len() > own.len() {
        return Err(wrong());
    }
    for item in own.iter().skip(members.len()) {
        let dict = item.as_layer().unwrap_or_default();
        members.push(Config::from_dict(Class::of(&dict, "")?, &dict, &Vec::new(), "", &mut Vec::new())?);
    }
    if shape == Shape::Mam {
        let kinds = [Class::Keys(Method::PrefixTuning), Class::Keys(Method::Bottleneck)];
        if members.iter().map(|member| member.class).ne(kinds) {
            return Err(wrong());
        }
        return Ok(members);
    }
    for member in &mut members {
        if member.fields.get("use_gating").is_none() {
            return Err(wrong());
        }
        member.extras = Layer::default();
        if member.value("use_gating") != Value::Bool(true) {
            let origin = Origin::Preset { name: name.to_owned() };
            member.fields.insert("use_gating", Layered::Leaf(Value::Bool(true), origin));
        }
    }
    Ok(members)
}
