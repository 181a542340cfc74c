//! The catalogue of the schemas: which file is described by which schema. It has the keys of SchemaStore's, but URLs are
//! relative to the catalogue's own, so that it holds wherever the folder of schemas is put.

use serde_json::{Map, Value, json};

use super::{loaded, names, path, title};

/// Which files a schema is of, by their names or places. The other schemas are of parts of files, or of what this crate
/// writes itself.
const FILES: [(&str, &[&str]); 11] = [
    ("any-adapter-config", &["adapter_config.json"]),
    ("adapter-lint", &["adapter-lint.toml"]),
    ("adapter-fusion-config", &["adapter_fusion_config.json"]),
    ("head-config", &["head_config.json"]),
    ("adapter-setup", &["adapter_setup.json"]),
    ("adapter-interface", &["adapter_interface.json"]),
    ("hub-adapter", &["**/adapters/*/*.yaml"]),
    ("hub-architecture", &["**/architectures/*.yaml"]),
    ("hub-task", &["**/tasks/text_task/*.yaml", "**/tasks/text_lang/*.yaml"]),
    ("hub-subtask", &["**/subtasks/text_task/*.yaml", "**/subtasks/text_lang/*.yaml"]),
    ("hub-type", &["**/adapter_types/*.yaml"]),
];

/// The catalogue as a file's text.
#[must_use]
pub fn catalog() -> String {
    let schemas: Vec<Value> = names().filter_map(entry).collect();
    let catalog = json!({
        "version": 1,
        "schemas": schemas,
    });
    format!("{catalog:#}\n")
}

fn entry(name: &'static str) -> Option<Value> {
    let path = path(name)?;
    let about = loaded(name)?.get("description").and_then(Value::as_str).unwrap_or_default();
    let first = about.split_inclusive(". ").next().unwrap_or_default().trim();
    let title = title(name)?;
    let mut entry = Map::new();
    entry.insert("name".to_owned(), json!(title));
    entry.insert("description".to_owned(), json!(if first.is_empty() { title } else { first }));
    let files = FILES.iter().find(|(known, _)| *known == name);
    entry.extend(files.map(|(_, files)| ("fileMatch".to_owned(), json!(files))));
    entry.insert("url".to_owned(), json!(format!("draft-07/{path}")));
    entry.insert("versions".to_owned(), json!({"draft-07": format!("draft-07/{path}"), "2020-12": path}));
    Some(Value::Object(entry))
}

#[cfg(test)]
mod tests {
    use crate::dialects::adapterhub::recognise_by_name;

    #[test]
    fn the_linter_takes_each_file_for_the_same() {
        // The linter's own settings are no file of a library.
        for (name, patterns) in super::FILES.into_iter().filter(|(name, _)| *name != "adapter-lint") {
            for pattern in patterns {
                let file = pattern.replace("**", "a").replace('*', "b");
                assert_eq!(recognise_by_name(&file).kind.as_str(), name.trim_start_matches("any-"), "{pattern}");
            }
        }
    }
}
