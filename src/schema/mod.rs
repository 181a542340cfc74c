//! JSON Schemas of every file and config, generated from the types and their doc comments. The same schemas that are
//! published judge structure in the linter, so what an editor underlines and what the linter reports agree.

mod catalog;
mod draft07;
mod peft;
mod table;
mod tidy;
mod words;

pub use catalog::catalog;
pub use words::describe;

use std::sync::OnceLock;

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use table::{Row, TABLE};

use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::releases;
use crate::dialects::adapterhub::uses::Use;
use crate::dialects::peft::config::Method as PeftMethod;

/// Where the schemas are published: a schema's `$id` is this and its [`path`], with `draft-07/` between for draft 7.
pub const BASE: &str = "https://adapter-spec.github.io/schemas/";

/// A version of the JSON Schema language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Draft {
    /// Draft 7, which every editor knows.
    Draft07,
    /// Draft 2020-12.
    #[default]
    Draft202012,
}

/// What a schema is made from.
#[derive(Clone, Copy)]
enum Source {
    /// A type and its doc comments.
    Row(&'static Row),
    /// The table of keys of a method of PEFT.
    Peft(&'static PeftMethod),
    /// All of those tables.
    AnyPeft,
}

/// How many schemas there are.
const COUNT: usize = TABLE.len() + PeftMethod::COUNT + 1;

/// The folder of PEFT's schemas, whose names begin with it.
const PEFT: &str = "peft/";

impl Source {
    fn all() -> impl Iterator<Item = Self> {
        let methods = PeftMethod::all().map(Self::Peft);
        TABLE.iter().map(Self::Row).chain(methods).chain([Self::AnyPeft])
    }

    fn named(name: &str) -> Option<Self> {
        Self::all().find(|source| source.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Row(row) => row.name,
            Self::Peft(method) => method.schema,
            Self::AnyPeft => "peft-config",
        }
    }

    fn title(self) -> &'static str {
        match self {
            Self::Row(row) => row.title,
            Self::Peft(method) => method.heading,
            Self::AnyPeft => "adapter_config.json of PEFT, of any method",
        }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Row(row) => row.folder,
            Self::Peft(_) | Self::AnyPeft => PEFT,
        }
    }

    fn path(self) -> String {
        let file = if self.folder() == PEFT { &self.name()[PEFT.len()..] } else { self.name() };
        format!("{}{file}.json", self.folder())
    }

    fn generate(self) -> Value {
        match self {
            Self::Row(row) => {
                let mut generated = (row.generate)(SchemaSettings::draft2020_12().into_generator()).to_value();
                tidy::tidy(&mut generated);
                generated
            }
            Self::Peft(method) => {
                let mut generated = peft::config(method);
                tidy::tidy(&mut generated);
                generated
            }
            Self::AnyPeft => peft::any(),
        }
    }

    fn examples(self) -> Vec<Value> {
        match self {
            Self::Row(row) => (row.examples)(),
            Self::Peft(method) => vec![method.example_value()],
            Self::AnyPeft => {
                ["LORA", "IA3"].into_iter().filter_map(PeftMethod::named).map(PeftMethod::example_value).collect()
            }
        }
    }
}

/// The names of all schemas, in the order of the table.
pub fn names() -> impl ExactSizeIterator<Item = &'static str> {
    let names: Vec<_> = Source::all().map(Source::name).collect();
    names.into_iter()
}

/// The names of the schemas of what libraries read and write: without those of this crate's own formats.
pub fn library_names() -> impl Iterator<Item = &'static str> {
    Source::all().filter(|source| !source.folder().is_empty()).map(Source::name)
}

/// The title of a schema: what the file or config is, in a few words.
#[must_use]
pub fn title(name: &str) -> Option<&'static str> {
    Source::named(name).map(Source::title)
}

/// Where the schema called `name` stands below the folder of all schemas, such as `adapterhub/lora.json`.
#[must_use]
pub fn path(name: &str) -> Option<String> {
    Source::named(name).map(Source::path)
}

/// The schema called `name` as a file's text.
#[must_use]
pub fn text(name: &str, draft: Draft) -> Option<String> {
    schema(name, draft).map(|schema| format!("{schema:#}\n"))
}

/// The schema called `name`; `None` if there is none.
#[must_use]
pub fn schema(name: &str, draft: Draft) -> Option<Value> {
    let source = Source::named(name)?;
    let generated = source.generate();
    let Value::Object(mut keys) = generated else { return Some(generated) };
    let mut whole = Map::new();
    whole.extend(keys.shift_remove_entry("$schema"));
    whole.insert("$id".to_owned(), json!(format!("{BASE}{}", source.path())));
    whole.insert("title".to_owned(), json!(source.title()));
    keys.shift_remove("title");
    let definitions = keys.shift_remove_entry("$defs");
    whole.extend(keys);
    whole.insert("examples".to_owned(), Value::Array(source.examples()));
    whole.extend(definitions);
    let mut whole = Value::Object(whole);
    if matches!(source, Source::Row(_)) {
        annotate(&mut whole, name);
    }
    if draft == Draft::Draft07 {
        draft07::convert(&mut whole);
        whole["$id"] = json!(format!("{BASE}draft-07/{}", source.path()));
    }
    Some(whole)
}

/// Adds to every key of a config what tables know: when it came, when it went, and how the library uses it.
fn annotate(document: &mut Value, name: &str) {
    annotate_one(document, name);
    for (name, definition) in document.get_mut("$defs").and_then(Value::as_object_mut).into_iter().flatten() {
        annotate_one(definition, name);
    }
}

fn annotate_one(schema: &mut Value, name: &str) {
    let name = name.replace('-', "_");
    let method = Method::ALL.into_iter().find(|method| method.architecture().unwrap_or("bottleneck") == name);
    let used: Vec<(String, Use)> = method.into_iter().flat_map(uses).collect();
    let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return };
    for (key, property) in properties {
        let Value::Object(keywords) = property else { continue };
        if let Some(lifetime) = releases::lifetime(&name, key) {
            keywords.insert("x-since".to_owned(), json!(lifetime.since));
            keywords.extend(lifetime.until.map(|until| ("x-until".to_owned(), json!(until))));
        }
        if let Some((_, used)) = used.iter().find(|(field, _)| field == key) {
            keywords.insert("x-use".to_owned(), json!(used.name()));
        }
        tidy::order(keywords);
    }
}

/// How the library uses the keys of a method, but for those that it only keeps.
fn uses(method: Method) -> impl Iterator<Item = (String, Use)> {
    let used = move |(key, _): (String, _)| {
        let used = Use::of(method, &key);
        (key, used)
    };
    method.fields().into_iter().map(used).filter(|(_, used)| *used != Use::Anything)
}

/// The validator of the schema called `name` (draft 2020-12), compiled on first use.
///
/// # Panics
///
/// If there is no such schema: names come from [`names`], not from users.
#[must_use]
pub fn validator(name: &str) -> &'static jsonschema::Validator {
    let compiled = compiled(name).expect("the caller takes the name from the table");
    compiled.validator.get_or_init(|| {
        jsonschema::draft202012::new(&compiled.schema).expect("a generated schema is valid by its meta-schema")
    })
}

/// The schema of `key` in the schema called `name`: its outermost reference resolved, its own description kept. A key
/// inside of another is written with a dot: `interface.attn_k_proj`.
#[must_use]
pub fn property(name: &str, key: &str) -> Option<&'static Value> {
    let compiled = compiled(name)?;
    let properties = compiled.properties.get_or_init(|| {
        let mut found = Map::new();
        collect(&compiled.schema, &compiled.schema, "", 0, &mut found);
        found
    });
    properties.get(key)
}

/// The schema called `name` (draft 2020-12), generated on first use.
#[must_use]
pub fn loaded(name: &str) -> Option<&'static Value> {
    compiled(name).map(|compiled| &compiled.schema)
}

/// What is kept of a schema once it has been asked for.
struct Compiled {
    schema: Value,
    validator: OnceLock<jsonschema::Validator>,
    properties: OnceLock<Map<String, Value>>,
}

fn compiled(name: &str) -> Option<&'static Compiled> {
    static CELLS: [OnceLock<Compiled>; COUNT] = [const { OnceLock::new() }; COUNT];
    let at = Source::all().position(|source| source.name() == name)?;
    Some(CELLS[at].get_or_init(|| Compiled {
        schema: schema(name, Draft::Draft202012).expect("the row was just found"),
        validator: OnceLock::new(),
        properties: OnceLock::new(),
    }))
}

/// How deep keys inside of keys are followed: schemas may refer to themselves.
const KEY_DEPTH: usize = 3;

fn collect(root: &Value, schema: &Value, prefix: &str, depth: usize, found: &mut Map<String, Value>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    for (key, property) in properties {
        let resolved = resolve(root, property);
        let key = format!("{prefix}{key}");
        if depth < KEY_DEPTH {
            collect(root, &resolved, &format!("{key}."), depth + 1, found);
        }
        found.insert(key, resolved);
    }
}

/// `schema` with its outermost `$ref` replaced by what it refers to; keywords beside the `$ref` win. A condition on
/// objects counts as a reference too.
pub(crate) fn resolve(root: &Value, schema: &Value) -> Value {
    let target = schema.get("$ref").or_else(|| schema.get("then")?.get("$ref"));
    let Some(target) = target.and_then(Value::as_str).and_then(|path| root.pointer(path.strip_prefix('#')?)) else {
        return schema.clone();
    };
    let mut whole = target.clone();
    if let (Value::Object(whole), Value::Object(own)) = (&mut whole, schema) {
        whole.extend(own.iter().filter(|(key, _)| *key != "$ref").map(|(key, value)| (key.clone(), value.clone())));
    }
    whole
}
