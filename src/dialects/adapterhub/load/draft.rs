//! A config on its way: a dictionary or the members of a config string, to which overrides are applied.

use super::super::config_string;
use super::super::presets::Shape;
use super::error::LoadError;
use super::notes::Note;
use super::object::{Class, Config, Exact};
use crate::document::pointer;
use crate::merge::{Layer, Layered, Origin, SetPath};
use crate::python::Object;
use crate::value::Value;

/// What a spec leads to before the overrides.
pub(super) enum Draft {
    /// A dictionary and its class.
    Dict { class: Class, dict: Layer, exact: Exact },
    /// The members of a config string with several.
    Members(Vec<Config>),
}

impl Draft {
    /// What `load` makes of a config object: its dictionary, and its class kept in mind.
    pub(super) fn of(config: &Config) -> Self {
        Self::Dict { class: config.class, dict: config.to_dict(), exact: config.exact_values("") }
    }

    /// Makes an override. A path of one key is the library's own `load(…, key=value)`; a longer one goes into a
    /// mapping, a list or a member of a union, whose `configs.` may be left out.
    pub(super) fn apply(&mut self, change: &SetPath, notes: &mut Vec<Note>) -> Result<(), LoadError> {
        let value = Layered::new(change.value.clone(), &Origin::Override);
        let mut path = change.path.clone();
        let is_union = matches!(self, Self::Members(_) | Self::Dict { class: Class::Union(_), .. });
        if is_union && path.first().is_some_and(|part| part.bytes().all(|byte| byte.is_ascii_digit())) {
            path.insert(0, "configs".to_owned());
        }
        let members = match self {
            Self::Dict { class, dict, exact } => return set(*class, dict, exact, &path, value),
            Self::Members(members) => members,
        };
        let [key, rest @ ..] = path.as_slice() else {
            return Ok(());
        };
        if key != "configs" {
            notes.push(Note::Dropped { pointer: format!("/{}", path.join("/")) });
            return Ok(());
        }
        let index = rest.first().and_then(|index| index.parse::<usize>().ok());
        match (index.and_then(|index| members.get_mut(index)), rest) {
            (Some(member), [index, inner @ ..]) if !inner.is_empty() => {
                let place = pointer::push("/configs", index);
                let mut dict = member.to_dict();
                // Within the member, pointers start at the member.
                let mut exact = member.exact_values("");
                set(member.class, &mut dict, &mut exact, inner, value)?;
                let exact = exact.into_iter().map(|(at, object)| (format!("{place}{at}"), object)).collect();
                *member = Config::from_dict(member.class, &dict, &exact, &place, notes)?;
            }
            _ => {
                let (mut dict, mut exact) = union_dict(members);
                let class = Class::Union(Shape::Plain);
                set(class, &mut dict, &mut exact, &path, value)?;
                *self = Self::Dict { class, dict, exact };
            }
        }
        Ok(())
    }
}

/// The keyword arguments in a config string's brackets.
pub(super) fn keywords(member: &config_string::Member) -> Result<Vec<(String, Object)>, LoadError> {
    let wrong = || LoadError::NotKeywords { name: member.name.clone() };
    let Object::Dict(entries) = &member.arguments else {
        return Err(wrong());
    };
    let keyword = |(key, value): &(Object, Object)| match key {
        Object::Str(key) if key != "self" => Ok((key.clone(), value.clone())),
        _ => Err(wrong()),
    };
    entries.iter().map(keyword).collect()
}

fn union_dict(members: &[Config]) -> (Layer, Exact) {
    let origin = Class::Union(Shape::Plain).default_origin();
    let configs = members.iter().map(|member| Layered::Map(member.to_dict())).collect();
    let exact = members.iter().enumerate();
    let exact = exact.flat_map(|(index, member)| member.exact_values(&pointer::push("/configs", index))).collect();
    let dict = [
        ("architecture".to_owned(), Layered::Leaf(Value::String("union".to_owned()), origin.clone())),
        ("configs".to_owned(), Layered::from_items(configs, &origin)),
    ];
    (dict.into_iter().collect(), exact)
}

/// Sets a value in a dictionary. A path into a key that is not there goes into the key's default.
fn set(class: Class, dict: &mut Layer, exact: &mut Exact, path: &[String], value: Layered) -> Result<(), LoadError> {
    let at = path.iter().fold(String::new(), |at, key| pointer::push(&at, key));
    let inside = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    exact.retain(|(known, _)| !inside(known, &at) && !inside(&at, known));
    if let (Class::Union(_), [configs, index, rest @ ..]) = (class, path) {
        let items = dict.get(configs).and_then(Layered::items).unwrap_or_default();
        let item = index.parse::<usize>().ok().and_then(|index| items.get(index)).and_then(Layered::as_layer);
        if let (Some(mut member), false) = (item, rest.is_empty()) {
            let class = Class::of(&member, &format!("/{configs}/{index}"))?;
            set(class, &mut member, &mut Vec::new(), rest, value)?;
            dict.set(&path[..2], Layered::Map(member))?;
            return Ok(());
        }
    }
    if let [key, _, ..] = path {
        let default = || class.fields().into_iter().find(|(known, _)| known == key).and_then(|(_, default)| default);
        if let (None, Some(default)) = (dict.get(key), default()) {
            dict.insert(key.clone(), Layered::new(default, &class.default_origin()));
        }
    }
    Ok(dict.set(path, value)?)
}
