//! The manual of a method's config, or of another file, as a whole.

use serde_json::Value;

use super::{KeyManual, walk};
use crate::schema;

/// What a config is for, and which keys it has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigManual {
    /// The name of its schema: `lora`, `peft-lora`.
    pub schema: &'static str,
    /// What it is.
    pub title: &'static str,
    /// What it does, and where that is from.
    pub about: String,
    /// Its keys; those inside of another with dots between.
    pub keys: Vec<String>,
    /// One of them, and one that no other config has if there is one.
    pub example: Option<String>,
}

/// The manuals of the configs called so, of either library: `lora`, `peft-lora`, `peft:lora`. Capitals do not count.
#[must_use]
pub fn configs(name: &str) -> Vec<ConfigManual> {
    let name = name.to_lowercase().replace(['_', ':', '.'], "-").replace("(ia)³", "ia3");
    let is_it = |schema: &&str| schema.strip_prefix("peft-").is_some_and(|method| method == name) || **schema == *name;
    schema::library_names().filter(is_it).map(of).collect()
}

/// The names that [`configs`] knows.
pub fn config_names() -> impl Iterator<Item = &'static str> {
    schema::library_names().flat_map(|name| [name, name.strip_prefix("peft-").unwrap_or(name)])
}

fn of(schema: &'static str) -> ConfigManual {
    let about = schema::loaded(schema).and_then(|schema| schema.get("description")).and_then(Value::as_str);
    let is_in = |manual: &&KeyManual| manual.places.iter().any(|place| place.schema == schema);
    let keys: Vec<_> = walk::all().iter().filter(is_in).collect();
    let own = keys.iter().find(|manual| manual.places.len() == 1);
    ConfigManual {
        schema,
        title: schema::title(schema).unwrap_or(schema),
        about: about.unwrap_or_default().to_owned(),
        example: own.or(keys.first()).map(|manual| manual.key.clone()),
        keys: keys.iter().map(|manual| manual.key.clone()).collect(),
    }
}

impl ConfigManual {
    /// The manual for a terminal.
    #[must_use]
    pub fn to_text(&self) -> String {
        let Self { schema, title, about, keys, example } = self;
        let mut text = format!("{title}\n\n{about}\n");
        if let Some(example) = example {
            let key = match schema.strip_prefix("peft-") {
                Some(method) => format!("peft.{method}.{example}"),
                None => format!("{schema}.{example}"),
            };
            let listed: Vec<_> = keys.iter().map(|key| format!("`{key}`")).collect();
            text += &format!("\n  Keys: {}\n  One of them: `adapter-lint explain {key}`\n", listed.join(", "));
        }
        text
    }
}
