//! The methods and their tables of keys.

use serde_json::Value as Json;

use super::key::{Key, flowing};
use super::shared;
use crate::dialects::peft::PeftType;
use crate::value::{Map, Value};

/// A method of PEFT: what its `peft_type` stands for.
#[derive(Debug)]
pub struct PeftMethod {
    /// The value of `peft_type`.
    pub peft_type: PeftType,
    /// The name of its schema.
    pub schema: &'static str,
    /// The name in papers.
    pub title: &'static str,
    /// The title of its schema.
    pub heading: &'static str,
    /// The class of the config.
    pub class: &'static str,
    /// The paper.
    pub source: &'static str,
    /// The smallest config that works, as JSON.
    pub example: &'static str,
    pub(super) doc: &'static str,
    pub(super) own: &'static [Key],
    pub(super) shared: &'static [Key],
    /// The keys of another method that it has as well, but for those of its own that have the same name.
    pub(super) inherited: &'static [Key],
}

impl PeftMethod {
    /// All methods, those of older releases included, in the order in which PEFT got them.
    pub fn all() -> impl ExactSizeIterator<Item = &'static Self> {
        super::METHODS.iter().copied()
    }

    /// The method that a `peft_type` names.
    #[must_use]
    pub fn named(peft_type: &str) -> Option<&'static Self> {
        PeftType::named(peft_type).map(Self::of)
    }

    /// The method of a `peft_type`.
    #[must_use]
    pub fn of(peft_type: PeftType) -> &'static Self {
        super::METHODS[peft_type as usize]
    }

    /// The keys of the config: those of every config, those that several methods have, and its own. The order is that
    /// of the tables; PEFT writes them by name.
    pub fn keys(&self) -> impl Iterator<Item = &'static Key> + use<> {
        let prompts = if self.peft_type.is_prompt() { shared::PROMPTS } else { &[] };
        let own = self.own;
        let inherited = self.inherited.iter().filter(|key| own.iter().all(|known| known.name != key.name));
        own.iter().chain(inherited).chain(self.shared).chain(prompts).chain(shared::EVERY)
    }

    /// The keys that the method does not share with others.
    pub fn own_keys(&self) -> impl Iterator<Item = &'static Key> + use<> {
        self.own.iter()
    }

    /// The key of this name.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys().find(|key| key.name == name)
    }

    /// What PEFT takes for a key that is not written: null where the method has no such key.
    #[must_use]
    pub fn default_of(&self, key: &str) -> Value {
        self.key(key).map_or(Value::Null, |key| Value::from(&key.default_value()))
    }

    /// What the method does.
    #[must_use]
    pub fn manual(&self) -> String {
        flowing(self.doc)
    }

    /// The config as PEFT takes it where the file says no more than the method: every key that it saves with its
    /// default, by name.
    #[must_use]
    pub fn defaults(&self) -> Map {
        let mut keys: Vec<_> = self.keys().filter(|key| key.saved).collect();
        keys.sort_unstable_by_key(|key| key.name);
        let value = |key: &Key| match key.name {
            "peft_type" => Value::String(self.peft_type.name().to_owned()),
            _ => Value::from(&key.default_value()),
        };
        keys.into_iter().map(|key| (key.name.to_owned(), value(key))).collect()
    }

    /// The smallest config that works.
    ///
    /// # Panics
    /// If the text is no JSON: a test reads all of them.
    #[must_use]
    pub fn example_value(&self) -> Json {
        serde_json::from_str(self.example).expect("the examples of the tables are JSON, which a test sees to")
    }
}

/// Declares a method: what it is, which keys it has in common with others, and its own.
macro_rules! method {
    ($(#[doc = $doc:literal])+ $method:ident, $peft_type:ident, $schema:literal, $title:literal, $class:literal,
        $source:literal, $example:literal, [$($shared:expr),*] $(inherits $inherited:expr)?, { $($own:tt)* }) => {
        $(#[doc = $doc])+
        pub(super) const $method: $crate::dialects::peft::config::method::PeftMethod =
            $crate::dialects::peft::config::method::PeftMethod {
                peft_type: $crate::dialects::peft::PeftType::$peft_type,
                schema: $schema,
                title: $title,
                heading: concat!("Config of ", $title, " in PEFT"),
                class: $class,
                source: $source,
                example: $example,
                doc: concat!($($doc, "\n"),+),
                own: $crate::dialects::peft::config::key::keys! { $($own)* },
                shared: &[$($shared),*],
                inherited: $crate::dialects::peft::config::method::first!($($inherited,)? &[],),
            };
    };
}

/// The first of several expressions.
macro_rules! first {
    ($first:expr, $($rest:expr,)*) => {
        $first
    };
}

pub(super) use {first, method};
