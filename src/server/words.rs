//! Values that may be written at a place, and how they are written.

use serde_json::{Value, json};

use super::expect::{Expected, Step, last_key};
use crate::dialects::adapterhub::config::Activation;
use crate::dialects::adapterhub::hub::ARCHITECTURES;
use crate::dialects::adapterhub::presets::{Preset, Publisher};
use crate::dialects::peft::PeftType;
use crate::dialects::peft::targets::ALL_LINEAR;
use crate::document::{Format, Node, pointer, write};
use crate::models::tree::Module;
use crate::models::{Model, ModelType, Tree};
use crate::value;

/// A value that may be written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Candidate {
    /// The value.
    pub(super) value: Value,
    /// What it means.
    pub(super) about: String,
    /// Whether an absent key means the same.
    pub(super) is_default: bool,
}

/// The values that a place is made for, each once.
pub(super) fn candidates(
    expected: &Expected,
    path: &[Step],
    root: Option<&Node>,
    model: Option<&Model>,
) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    let mut add = |value: Value, about: &str| {
        if !found.iter().any(|known| known.value == value) {
            found.push(Candidate { value, about: about.to_owned(), is_default: false });
        }
    };
    let schemas: Vec<&Value> = expected.schemas().collect();
    for schema in &schemas {
        let list = |keyword: &str| schema.get(keyword).and_then(Value::as_array).into_iter().flatten();
        let mut meanings = list("enumDescriptions").map(|meaning| meaning.as_str().unwrap_or_default());
        schema.get("const").into_iter().chain(list("enum")).for_each(|value| {
            add(value.clone(), meanings.next().unwrap_or_default());
        });
        if is_of_configs(schema) {
            let named = Preset::ALL.iter().filter(|preset| preset.publisher == Publisher::Library);
            named.for_each(|preset| add(json!(preset.name), preset.description));
        }
    }
    modules(path, root, model).into_iter().for_each(|name| add(json!(name), ""));
    known_names(path, root).into_iter().for_each(|(name, about)| add(json!(name), &about));
    for schema in &schemas {
        let types = schema
            .get("type")
            .map_or(&[][..], |types| types.as_array().map_or(std::slice::from_ref(types), Vec::as_slice));
        for one in types.iter().filter_map(Value::as_str) {
            match one {
                "boolean" => [true, false].into_iter().for_each(|flag| add(json!(flag), "")),
                "null" => add(Value::Null, "Not set."),
                "object" if path.is_empty() => {
                    let example = schema.get("examples").and_then(|examples| examples.get(0));
                    add(example.cloned().unwrap_or_else(|| json!({})), "An example.");
                }
                "object" => add(json!({}), ""),
                "array" => add(json!([]), ""),
                _ => {}
            }
        }
        if let Some(default) = schema.get("default") {
            add(default.clone(), "");
        }
    }
    let defaults: Vec<&Value> = schemas.iter().filter_map(|schema| schema.get("default")).collect();
    for candidate in &mut found {
        candidate.is_default = defaults.contains(&&candidate.value);
    }
    found
}

/// Whether it takes configs of adapters, and their names for them.
fn is_of_configs(schema: &Value) -> bool {
    let takes_text = schema.get("type").and_then(Value::as_array).is_some_and(|types| types.contains(&json!("string")));
    takes_text && schema.pointer("/then/$ref").is_some_and(|path| path == "#/$defs/config")
}

/// The modules of the base model that a config of PEFT may name here, by the last parts of their names.
fn modules(path: &[Step], root: Option<&Node>, model: Option<&Model>) -> Vec<String> {
    let Some((Step::Key(key), rest)) = path.split_first() else { return Vec::new() };
    let method = root.and_then(|root| root.get("peft_type")?.as_str()).and_then(PeftType::named);
    let Some(method) = method else { return Vec::new() };
    let in_list = matches!(rest, [Step::Item(_)]);
    let is_target = match key.as_str() {
        "target_modules" if rest.is_empty() => return vec![ALL_LINEAR.to_owned()],
        "target_modules" | "exclude_modules" if in_list => true,
        "modules_to_save" if in_list => false,
        _ => return Vec::new(),
    };
    let task = root.and_then(|root| root.get("task_type")?.as_str());
    let config = model.and_then(|model| model.config.as_ref());
    let trees = config.map(|config| Tree::candidates(config, task)).unwrap_or_default();
    let fits = |module: &&Module| !is_target || method.kinds().is_none_or(|kinds| kinds.contains(&module.kind));
    let mut names: Vec<String> = Vec::new();
    for module in
        trees.iter().flat_map(|tree| &tree.modules).filter(fits).filter(|module| !module.parameters.is_empty())
    {
        let name = module.last_part();
        if name.parse::<u64>().is_err() && !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Names that no schema lists, since others may come up.
fn known_names(path: &[Step], root: Option<&Node>) -> Vec<(String, String)> {
    let plain = |name: &str| (name.to_owned(), String::new());
    let is_below = |keys: &[&str]| {
        path.len() == keys.len() + 1 && keys.iter().zip(path).all(|(key, step)| *step == Step::Key((*key).to_owned()))
    };
    if is_below(&["adapters", "adapters"]) {
        let map = root.and_then(|root| pointer::find(root, "/adapters/config_map"));
        let hashes = map.into_iter().flat_map(|(map, _)| map.members()).map(|member| plain(&member.key));
        let named = Preset::ALL.iter().filter(|preset| preset.publisher == Publisher::Library);
        return hashes.chain(named.map(|preset| (preset.name.to_owned(), preset.description.to_owned()))).collect();
    }
    match last_key(path) {
        Some("using") => ARCHITECTURES.iter().map(|name| plain(name)).collect(),
        Some("model_type") => ModelType::all().iter().map(|model| plain(model.name)).collect(),
        Some("model_name") => Model::well_known_names().map(plain).collect(),
        // On cards, where the Hub takes any text.
        Some("non_linearity") => Activation::ALL.iter().map(|activation| plain(activation.name())).collect(),
        _ => Vec::new(),
    }
}

/// A value as text of one line.
pub(super) fn written(value: &Value, format: Format) -> String {
    match (value, format) {
        (Value::String(_), Format::Yaml) => write::to_yaml(&value::Value::from(value)).trim_end().to_owned(),
        (Value::Array(items), _) => {
            let items: Vec<String> = items.iter().map(|item| written(item, Format::Json)).collect();
            format!("[{}]", items.join(", "))
        }
        (Value::Object(members), _) => {
            let member = |(key, value): (&String, &Value)| format!("{}: {}", json!(key), written(value, Format::Json));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        _ => value.to_string(),
    }
}

/// What a key's value begins with: the default, else something of the right type, with a place to go on at if it is a
/// snippet; nothing if the value stands on lines of its own.
pub(super) fn start(schema: &Value, format: Format, is_snippet: bool) -> String {
    let value = schema.get("default").cloned().or_else(|| first(schema)).unwrap_or_else(|| first_of_type(schema));
    let text = match (&value, format) {
        (Value::Array(items), Format::Yaml) if items.is_empty() => return String::new(),
        (Value::Object(members), Format::Yaml) if members.is_empty() => return String::new(),
        _ => written(&value, format),
    };
    if !is_snippet {
        return text;
    }
    let is_open = |text: &str| matches!(text, "\"\"" | "[]" | "{}");
    if is_open(&text) {
        format!("{}$1{}", escaped(&text[..1]), escaped(&text[1..]))
    } else {
        format!("${{1:{}}}", escaped(&text))
    }
}

/// The first of the values to choose from: null, if it is one, means the same as no such key.
fn first(schema: &Value) -> Option<Value> {
    let listed = schema.get("enum").and_then(Value::as_array);
    let null = listed.and_then(|all| all.iter().find(|value| value.is_null()));
    schema.get("const").or(null).or_else(|| listed?.first()).cloned()
}

fn first_of_type(schema: &Value) -> Value {
    let one = match schema.get("type") {
        Some(Value::Array(several)) => several.first(),
        one => one,
    };
    match one.and_then(Value::as_str) {
        Some("boolean") => json!(true),
        Some("integer" | "number") => {
            schema.get("minimum").filter(|least| *least != &json!(0)).cloned().unwrap_or(json!(1))
        }
        Some("array") => json!([]),
        Some("object") => json!({}),
        Some("null") => Value::Null,
        Some(_) => json!(""),
        None => {
            let choice = schema.get("anyOf").or_else(|| schema.get("oneOf")).and_then(|choice| choice.get(0));
            choice.map_or(json!({}), |choice| first(choice).unwrap_or_else(|| first_of_type(choice)))
        }
    }
}

/// A text as it stands in a snippet.
pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '$' | '}' | '\\') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}
