//! Reading recordings.

use std::collections::BTreeMap;
use std::path::Path;

use adapter_spec::document::json;
use adapter_spec::value::Map;
use serde_json::Value;

pub(crate) fn read(path: impl AsRef<Path>) -> Value {
    let text = std::fs::read(path).expect("the recording is in the repository");
    serde_json::from_slice(&text).expect("the recording is JSON")
}

/// One JSON value a line.
pub(crate) fn lines(path: impl AsRef<Path>) -> impl Iterator<Item = Value> {
    let text = std::fs::read_to_string(path).expect("the recording is there");
    let lines: Vec<_> = text.lines().map(|line| serde_json::from_str(line).expect("it is JSON")).collect();
    lines.into_iter()
}

/// An object, its numbers as Python reads them.
pub(crate) fn map(value: &Value) -> Map {
    json::parse(&value.to_string()).0.and_then(|node| node.to_value().as_map().cloned()).expect("an object")
}

/// Names in which `{}` stands for several numbers.
pub(crate) fn names(row: &Value, numbers_at: usize) -> Vec<String> {
    let template = row[0].as_str().expect("a name");
    match row.get(numbers_at).and_then(Value::as_array) {
        None => vec![template.to_owned()],
        Some(numbers) => numbers.iter().map(|number| template.replacen("{}", &number.to_string(), 1)).collect(),
    }
}

/// Names and shapes of tensors, from rows of a name, a shape and, where `{}` is in the name, the numbers for it.
pub(crate) fn expand(rows: &Value) -> BTreeMap<String, Vec<u64>> {
    let mut out = BTreeMap::new();
    for row in rows.as_array().into_iter().flatten() {
        let sizes = row[1].as_array().expect("a shape").iter();
        let shape: Vec<u64> = sizes.map(|size| size.as_u64().expect("a size")).collect();
        for name in names(row, 2) {
            out.insert(name, shape.clone());
        }
    }
    out
}
