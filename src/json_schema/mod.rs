//! A JSON Schema of a file or config, made from a type and its doc comments on first use, as a text for editors, as a
//! validator and key by key. Which schemas there are is said by every dialect, and of all in [`schema`](crate::schema).

mod draft07;
pub(crate) mod output;
mod tidy;
mod words;

pub use words::describe;

pub(crate) use tidy::{order, tidy};

use std::sync::OnceLock;

use jsonschema::Validator;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// Where the schemas are published: a schema's `$id` is this and its [path](Schema::path), with `draft-07/` between for
/// draft 7.
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

/// What a schema says, without what stands around it: see [`Schema::new`].
type Generate = Box<dyn Fn() -> Value + Send + Sync>;
/// Values that a schema accepts.
type Examples = Box<dyn Fn() -> Vec<Value> + Send + Sync>;

/// One schema, and what has been made of it.
pub struct Schema {
    name: &'static str,
    title: &'static str,
    path: String,
    generate: Generate,
    examples: Examples,
    whole: OnceLock<Value>,
    validator: OnceLock<Validator>,
    properties: OnceLock<Map<String, Value>>,
}

impl Schema {
    /// A schema of draft 2020-12 that `generate` makes; `$id`, `title` and `examples` are added to it.
    pub(crate) fn new(
        (name, title): (&'static str, &'static str),
        path: String,
        generate: impl Fn() -> Value + Send + Sync + 'static,
        examples: impl Fn() -> Vec<Value> + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            title,
            path,
            generate: Box::new(generate),
            examples: Box::new(examples),
            whole: OnceLock::new(),
            validator: OnceLock::new(),
            properties: OnceLock::new(),
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// What the file or config is, in a few words.
    #[must_use]
    pub fn title(&self) -> &'static str {
        self.title
    }

    /// Where it stands below the folder of all schemas, such as `adapterhub/lora.json`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The schema as a file's text.
    #[must_use]
    pub fn text(&self, draft: Draft) -> String {
        format!("{:#}\n", self.in_draft(draft))
    }

    /// The schema in a draft of the language.
    #[must_use]
    pub fn in_draft(&self, draft: Draft) -> Value {
        let mut whole = self.value().clone();
        if draft == Draft::Draft07 {
            draft07::convert(&mut whole);
            whole["$id"] = json!(format!("{BASE}draft-07/{}", self.path));
        }
        whole
    }

    /// The schema in draft 2020-12.
    #[must_use]
    pub fn value(&self) -> &Value {
        self.whole.get_or_init(|| {
            let Value::Object(mut keys) = (self.generate)() else { return Value::Null };
            let mut whole = Map::new();
            whole.extend(keys.shift_remove_entry("$schema"));
            whole.insert("$id".to_owned(), json!(format!("{BASE}{}", self.path)));
            whole.insert("title".to_owned(), json!(self.title));
            keys.shift_remove("title");
            let definitions = keys.shift_remove_entry("$defs");
            whole.extend(keys);
            whole.insert("examples".to_owned(), Value::Array((self.examples)()));
            whole.extend(definitions);
            Value::Object(whole)
        })
    }

    /// Its validator, compiled on first use.
    pub fn validator(&self) -> &Validator {
        let compile =
            || jsonschema::draft202012::new(self.value()).expect("a generated schema is valid by its meta-schema");
        self.validator.get_or_init(compile)
    }

    /// The schema of a key: its outermost reference resolved, its own description kept. A key inside of another is
    /// written with a dot: `interface.attn_k_proj`.
    #[must_use]
    pub fn property(&self, key: &str) -> Option<&Value> {
        let properties = self.properties.get_or_init(|| {
            let mut found = Map::new();
            collect(self.value(), self.value(), "", 0, &mut found);
            found
        });
        properties.get(key)
    }
}

/// What a type and its doc comments say, tidied.
pub(crate) fn of_type<T: JsonSchema>() -> Value {
    let mut generated = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    tidy(&mut generated);
    generated
}

/// A list of schemas of types, from rows of name, title, type and examples; `$path` tells the path of a name, and
/// `$annotate` adds to what the type says.
macro_rules! schemas_of_types {
    ($path:expr, $annotate:expr;
     $($(#[$when:meta])* $name:literal, $title:literal, $type:ty, [$($example:tt),*];)*) => {
        Vec::from([$($(#[$when])* {
            let generate = || {
                let mut generated = $crate::json_schema::of_type::<$type>();
                $annotate(&mut generated, $name);
                generated
            };
            let examples = || vec![$(serde_json::json!($example)),*];
            $crate::json_schema::Schema::new(($name, $title), $path($name), generate, examples)
        },)*])
    };
}
pub(crate) use schemas_of_types;

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
