//! What an adapter's files said before they were AdapterHub's, or those of another release, and theirs have no place for: it
//! goes along under a key of the config file. No release looks at keys that it does not know there, and none keeps them when
//! it saves the adapter, so that what is here is of these tensors.

use crate::value::{Map, Value};

/// The key of the config file.
pub(super) const KEY: &str = "converted_from";

/// Whose files they were: `peft`, or a release of AdapterHub's libraries as it is called.
const SAVED_BY: &str = "saved_by";

/// PEFT, as [`SAVED_BY`] has it.
const PEFT: &str = "peft";

/// The entry for files of PEFT: the whole config, and what stood in safetensors beside the tensors.
pub(super) fn of_peft(config: &Map, metadata: impl Iterator<Item = (String, String)>) -> Value {
    let metadata: Map = metadata.map(|(key, text)| (key, Value::String(text))).collect();
    entry(PEFT, [("config", Value::Map(config.clone())), ("metadata", Value::Map(metadata))])
}

/// The entry for files of a release of AdapterHub's libraries: a key of their config that did nothing there.
pub(super) fn of_release(release: &str, key: &str, value: Value) -> Value {
    entry(release, [(key, value)])
}

fn entry<const N: usize>(saved_by: &str, says: [(&str, Value); N]) -> Value {
    let saved_by = (SAVED_BY, Value::String(saved_by.to_owned()));
    Value::Map(std::iter::once(saved_by).chain(says).map(|(key, value)| (key.to_owned(), value)).collect())
}

/// The entry of a config file, if it is for files that a release saved.
pub(super) fn by_release<'a>(file: &'a Map, release: &str) -> Option<&'a Map> {
    let entry = file.get(KEY)?.as_map()?;
    (entry.get(SAVED_BY).and_then(Value::as_str) == Some(release)).then_some(entry)
}

/// The config and the metadata of PEFT's files, if it was these.
pub(super) fn by_peft(file: &Map) -> Option<(&Map, impl Iterator<Item = (&str, &str)>)> {
    let entry = by_release(file, PEFT)?;
    let metadata = entry.get("metadata").and_then(Value::as_map).into_iter().flat_map(Map::iter);
    let metadata = metadata.filter_map(|(key, text)| Some((key, text.as_str()?)));
    Some((entry.get("config")?.as_map()?, metadata))
}
