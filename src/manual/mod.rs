//! The manual of every key, read from the schemas: what `explain` prints and `docs/keys.md` collects.

mod config;
mod page;
mod places;
mod walk;

pub use config::{ConfigManual, config_names, configs};
pub use page::{page, peft_page};

use serde_json::Value;

use crate::dialects::adapterhub::tolerance;
use crate::schema::describe;

/// The manual of one key.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyManual {
    /// The key, with the keys around it and dots between: `r`, `interface.attn_k_proj`.
    pub key: String,
    /// Where the key stands; several places if the same is said of all.
    pub places: Vec<Place>,
    /// What the key does.
    pub description: String,
    /// What its value has to be, in words.
    pub accepts: String,
    /// What an absent key means; `None` if that is said in the description.
    pub default: Option<Value>,
    /// Whether the key has to be there.
    pub required: bool,
    /// The values to choose from and what they mean, if there are only a few.
    pub values: Vec<(Value, String)>,
    /// The unit of a number.
    pub unit: Option<String>,
    /// What the library does with values that are not as they should be.
    pub tolerance: Option<&'static str>,
    /// The paper, or the file of the library, that defines the key.
    pub source: Option<String>,
    /// Whether the key is only there for old files.
    pub deprecated: bool,
}

/// Where a key stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The name of the schema: `lora`, `head-config`.
    pub schema: &'static str,
    /// The variants that have the key, if not all do: types of head, types of composition block.
    pub variants: Vec<String>,
    /// The first release with the key.
    pub since: Option<String>,
    /// The last release with the key, if it is gone.
    pub until: Option<String>,
}

/// The manuals of the keys called `name`: a key (`r`), a key of one schema (`lora.r`, `adapter-config.name`), a key
/// inside of another (`interface.attn_k_proj`), or a JSON pointer from a finding (`/config/configs/0/r`). Capitals do
/// not count.
#[must_use]
pub fn key(name: &str) -> Vec<KeyManual> {
    let mut tokens = tokens(name);
    // `peft.lora.r` is `r` in the schema `peft-lora`.
    if tokens.len() > 2 && tokens[0].eq_ignore_ascii_case("peft") {
        let method = tokens.remove(1);
        tokens[0] = format!("peft-{method}");
    }
    let mut rest = tokens.as_slice();
    while !rest.is_empty() {
        let found = find(rest);
        if !found.is_empty() {
            return found;
        }
        rest = &rest[1..];
    }
    Vec::new()
}

/// All keys that there are manuals of, each once.
#[must_use]
pub fn keys() -> Vec<String> {
    let mut keys: Vec<String> = walk::all().iter().map(|manual| manual.key.clone()).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// The keys that a word tells of, though none is called so: those with the word in their name, and those that take it
/// for a value, as `rslora` and `pissa`.
#[must_use]
pub fn keys_about(word: &str) -> Vec<String> {
    let word = word.to_lowercase();
    let quoted = format!("\"{word}\"");
    let takes = |manual: &KeyManual| {
        manual.accepts.to_lowercase().contains(&quoted)
            || manual
                .values
                .iter()
                .any(|(value, _)| value.as_str().is_some_and(|value| value.eq_ignore_ascii_case(&word)))
    };
    let is_in_name = |key: &str| key.split(['_', '.']).any(|part| part.eq_ignore_ascii_case(&word));
    let found = walk::all().iter().filter(|manual| !word.is_empty() && (is_in_name(&manual.key) || takes(manual)));
    found.map(|manual| manual.key.clone()).collect::<std::collections::BTreeSet<_>>().into_iter().collect()
}

/// The parts of a name or pointer, without the places in lists.
fn tokens(name: &str) -> Vec<String> {
    let parts: Vec<String> = if name.starts_with('/') {
        crate::document::pointer::tokens(name).collect()
    } else {
        name.split('.').map(str::to_owned).collect()
    };
    parts.into_iter().filter(|part| part.parse::<usize>().is_err()).collect()
}

/// The manuals that a list of names leads to: a schema and a key, or the end of a key's path.
fn find(tokens: &[String]) -> Vec<KeyManual> {
    let path = tokens.join(".").to_lowercase();
    let of_schema = tokens
        .split_first()
        .map(|(schema, rest)| (schema.to_lowercase().replace('_', "-"), rest.join(".").to_lowercase()));
    let ends = |key: &str, path: &str| {
        let key = key.to_lowercase();
        key == path || key.ends_with(&format!(".{path}"))
    };
    let mut found = Vec::new();
    for manual in walk::all() {
        if ends(&manual.key, &path) {
            found.push(manual.clone());
            continue;
        }
        let Some((schema, rest)) = &of_schema else { continue };
        let places: Vec<Place> = manual.places.iter().filter(|place| place.is_of(schema)).cloned().collect();
        if !rest.is_empty() && ends(&manual.key, rest) && !places.is_empty() {
            found.push(KeyManual { places, ..manual.clone() });
        }
    }
    found
}

impl KeyManual {
    /// The manual for a terminal.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.write("", "  ")
    }

    /// The manual for a page; the headings begin at the third level.
    #[must_use]
    pub fn to_markdown(&self) -> String {
        self.write("### ", "- ")
    }

    fn write(&self, heading: &str, item: &str) -> String {
        let mut text = format!("{heading}`{}`\n\n{}\n\n", self.key, self.description);
        for (name, value) in self.facts() {
            text.push_str(&format!("{item}{name}: {value}\n"));
        }
        if !self.values.is_empty() {
            text.push('\n');
            for (value, meaning) in &self.values {
                let separator = if meaning.is_empty() { "" } else { ": " };
                text.push_str(&format!("{item}`{value}`{separator}{meaning}\n"));
            }
        }
        if let Some(tolerance) = self.tolerance {
            text.push_str(&format!("\n{tolerance}\n"));
        }
        text
    }

    /// The facts that fit on a line each.
    fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![("In", places::told(&self.places))];
        if self.deprecated {
            facts.push(("Deprecated", "yes, for old files only".to_owned()));
        }
        if self.values.is_empty() || !self.accepts.starts_with("one of ") {
            facts.push(("Value", self.accepts.clone()));
        }
        match (&self.default, self.required) {
            (_, true) => facts.push(("Default", "none, the key is required".to_owned())),
            (Some(default), false) => facts.push(("Default", format!("`{default}`"))),
            (None, false) => {}
        }
        facts.extend(self.unit.clone().map(|unit| ("Unit", unit)));
        facts.extend(places::lifetime(&self.places).map(|lifetime| ("Since", lifetime)));
        facts.extend(self.source.clone().map(|source| ("Source", source)));
        facts
    }
}

impl Place {
    /// Whether this is a place in the schema of that name. `peft` stands for all of PEFT's.
    fn is_of(&self, schema: &str) -> bool {
        self.schema == schema || schema == "peft" && self.schema.starts_with("peft-")
    }
}

/// The manual of a key as one schema has it, and there perhaps only one variant.
#[cfg(feature = "server")]
pub(crate) fn of_property(
    schema: &'static str,
    variant: Option<&str>,
    key: &str,
    property: &Value,
    required: bool,
) -> KeyManual {
    let word = |keyword: &str| property.get(keyword).and_then(Value::as_str).map(str::to_owned);
    let variants = variant.map(str::to_owned).into_iter().collect();
    manual(key, property, Place { schema, variants, since: word("x-since"), until: word("x-until") }, required)
}

/// The manual that a key's schema holds.
fn manual(key: &str, property: &Value, place: Place, required: bool) -> KeyManual {
    let text = |keyword: &str| property.get(keyword).and_then(Value::as_str).map(str::to_owned);
    let list = |keyword: &str| {
        let of = |schema: &Value| schema.get(keyword).and_then(Value::as_array).cloned();
        of(property).or_else(|| of(property.get("else")?)).or_else(|| of(property.get("items")?)).unwrap_or_default()
    };
    let meanings = list("enumDescriptions");
    let meaning = |at: usize| meanings.get(at).and_then(Value::as_str).unwrap_or_default().to_owned();
    KeyManual {
        key: key.to_owned(),
        places: vec![place],
        description: text("description").unwrap_or_default(),
        accepts: describe(property),
        default: property.get("default").cloned(),
        required,
        values: list("enum")
            .into_iter()
            .enumerate()
            .map(|(at, value)| (value.clone(), of_value(&value, meaning(at))))
            .collect(),
        unit: text("x-unit"),
        tolerance: property.get("x-use").and_then(Value::as_str).and_then(tolerance),
        source: text("x-source"),
        deprecated: property.get("deprecated").is_some(),
    }
}

/// What a text says of one value, where it says first what true means and then what false means: `True: … False: …`.
fn of_value(value: &Value, text: String) -> String {
    let said = match (value.as_bool(), text.strip_prefix("True: ").and_then(|both| both.split_once(" False: "))) {
        (Some(true), Some((said, _))) | (Some(false), Some((_, said))) => said,
        _ => return text,
    };
    let mut rest = said.chars();
    rest.next().into_iter().flat_map(char::to_uppercase).chain(rest).collect()
}
