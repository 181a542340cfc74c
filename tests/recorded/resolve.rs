//! What the library did with specs, recorded in `fixtures/resolve/`, against what this crate does.

use std::path::Path;

use adapter_spec::dialects::adapterhub::config_string::ConfigStringError;
use adapter_spec::dialects::adapterhub::identity::config_id;
use adapter_spec::dialects::adapterhub::load::{Kind, LoadError, Loaded, Loader, Names, Note, Reading, Resolved};
use adapter_spec::dialects::adapterhub::presets::{Preset, Publisher};
use adapter_spec::document::{Document, Format, ProblemKind};
use adapter_spec::merge::{Layered, Origin, SetPath};
use adapter_spec::python::same;
use adapter_spec::value::Value;

use crate::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = presets();
    for (file, run) in
        [("cases.jsonl", case as fn(&Value) -> Result<(), String>), ("hash.jsonl", hash), ("upgrade.jsonl", upgrade)]
    {
        for row in rows(file) {
            let id = text(&row, "id");
            trials.push(Trial::test(id, move || run(&row).map_err(Into::into)));
        }
    }
    trials
}

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/resolve").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn value(json: &str) -> Value {
    let document = Document::read(json.as_bytes().to_vec(), Format::Json);
    document.root.map_or(Value::Null, |root| root.to_value())
}

fn rows(name: &str) -> Vec<Value> {
    read(name).lines().map(row).collect()
}

/// One recorded case. A config nested deeper than documents may be is cut off here, so its marks are found by text.
fn row(line: &str) -> Value {
    let document = Document::read(line.as_bytes().to_vec(), Format::Json);
    let too_deep = document.problems.iter().any(|problem| problem.kind == ProblemKind::NestingTooDeep);
    let mut row = document.root.and_then(|root| root.to_value().as_map().cloned()).unwrap_or_default();
    if too_deep {
        row.insert("config", Value::Null);
        row.insert("config_text", Value::Null);
        let id = line.rsplit_once(r#""config_id":""#).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default();
        row.insert("config_id", Value::String(id.to_owned()));
        row.insert("too_deep", Value::Bool(true));
    }
    Value::Map(row)
}

fn get(row: &Value, key: &str) -> Option<Value> {
    row.as_map()?.get(key).cloned()
}

fn text(row: &Value, key: &str) -> String {
    get(row, key).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

fn library() -> Loader {
    Loader { names: Names::Library, ..Loader::default() }
}

/// Every preset of the library is in the table, and no other; values and ids are equal.
fn presets() -> Vec<Trial> {
    let recorded = value(&read("presets.json"));
    let mut trials = Vec::new();
    let mut known = Vec::new();
    for (section, kind) in [("presets", Kind::Adapter), ("fusion", Kind::Fusion)] {
        let Some(Value::Map(entries)) = get(&recorded, section) else { continue };
        for (name, row) in entries {
            let spec = match name.as_str() {
                "MAMConfig()" => "mam".to_owned(),
                "UniPELTConfig()" => "unipelt".to_owned(),
                _ => name.clone(),
            };
            if name == spec && name != "adapter_plus" {
                known.push(name.clone());
            }
            trials.push(Trial::test(format!("preset {name}"), move || {
                let loader = Loader { kind, ..Loader::default() };
                let resolved = loader.load_text(&spec, &[]).map_err(|error| error.to_string())?;
                Ok(compare(resolved.as_ref(), &row)?)
            }));
        }
    }
    trials.push(Trial::test("preset names", move || {
        let own =
            Preset::ALL.iter().filter(|preset| matches!(preset.publisher, Publisher::Library | Publisher::Fusion));
        let mut own: Vec<_> = own.flat_map(|preset| preset.names()).collect();
        own.sort_unstable();
        known.sort();
        if own == known { Ok(()) } else { Err(format!("{own:?} are not {known:?}").into()) }
    }));
    trials
}

fn case(row: &Value) -> Result<(), String> {
    let spec = get(row, "spec").ok_or("no spec")?;
    let overrides = match (get(row, "overrides"), get(row, "overrides_text")) {
        (Some(Value::Map(map)), _) => map,
        (_, Some(Value::String(json))) => value(&json).as_map().cloned().unwrap_or_default(),
        _ => return Err("no overrides".to_owned()),
    };
    let overrides: Vec<_> = overrides.into_iter().map(|(key, value)| SetPath { path: vec![key], value }).collect();
    let loader = library();
    let Some((kind, given)) = spec.as_map().and_then(|map| map.iter().next()) else {
        return Err("no spec".to_owned());
    };
    let given_text = given.as_str().unwrap_or_default();
    let loaded = match kind {
        "name" | "string" => loader.load_text(given_text, &overrides),
        "object" => loader.load_value(&Layered::new(given.clone(), &Origin::Inline), &overrides),
        "object_text" => loader.load_value(&Layered::new(value(given_text), &Origin::Inline), &overrides),
        "file_text" => {
            let document = Document::read(given_text.as_bytes().to_vec(), Format::Json);
            loader.load_document(&document, "spec.json", Reading::Config, &overrides)
        }
        other => return Err(format!("unknown spec {other}")),
    };
    check(loaded, row)
}

fn upgrade(row: &Value) -> Result<(), String> {
    let document = Document::read(text(row, "text").into_bytes(), Format::Json);
    let loaded = library().load_document(&document, "adapter_config.json", Reading::Adapter, &[]);
    check(loaded, row)
}

fn check(loaded: Loaded, row: &Value) -> Result<(), String> {
    let ok = matches!(get(row, "ok"), Some(Value::Bool(true)));
    match loaded {
        Ok(_) if !ok => Err(format!("refused by the library: {:?}", get(row, "exception"))),
        Ok(resolved) => compare(resolved.as_ref(), row),
        Err(_) if !ok => Ok(()),
        // What the library reads, but cannot write as JSON.
        Err(LoadError::Unsaveable { .. }) if get(row, "config_repr").is_some() && get(row, "config_text").is_none() => {
            Ok(())
        }
        Err(error) if is_beyond_reach(&error) => Ok(()),
        Err(error) => Err(format!("accepted by the library: {error}")),
    }
}

/// What Python reads and this crate does not: lone surrogates, which UTF-8 text cannot hold, and `\N{…}`, which
/// needs the names of all characters. Both are refused with a reason.
fn is_beyond_reach(error: &LoadError) -> bool {
    match error {
        LoadError::ConfigString(ConfigStringError::Arguments { error, .. }) => error.beyond_reach,
        LoadError::Unreadable { detail, .. } => detail.contains("surrogate"),
        _ => false,
    }
}

fn compare(resolved: Option<&Resolved>, row: &Value) -> Result<(), String> {
    let Some(resolved) = resolved else {
        return match get(row, "config") {
            Some(Value::Null) => Ok(()),
            other => Err(format!("nothing, not {other:?}")),
        };
    };
    let expected = match (get(row, "config"), get(row, "config_text")) {
        (Some(config), _) => config,
        (_, Some(Value::String(json))) => value(&json),
        _ => return Err("no config recorded".to_owned()),
    };
    let found = Value::Map(resolved.config().value());
    if get(row, "too_deep").is_none() && !same(&found, &expected) {
        return Err(format!("config\n{found:?}\nis not\n{expected:?}"));
    }
    let order = |value: &Value| value.as_map().map(|map| map.iter().map(|(key, _)| key.to_owned()).collect::<Vec<_>>());
    if get(row, "too_deep").is_none() && order(&found) != order(&expected) {
        return Err(format!("keys {:?} are not {:?}", order(&found), order(&expected)));
    }
    let id = resolved.config_id();
    match (get(row, "config_id"), &id) {
        (Some(Value::String(expected)), Ok(id)) if *id == expected => {}
        (Some(Value::Null), Err(_)) => {}
        (expected, _) => return Err(format!("config id {id:?} is not {expected:?}")),
    }
    if let (Some(Value::String(expected)), Ok(_)) = (get(row, "config_id_dict"), &id) {
        let by_dict = config_id(&resolved.config().value()).map_err(|error| error.to_string())?;
        if by_dict != expected {
            return Err(format!("config id of the dictionary {by_dict} is not {expected}"));
        }
    }
    means_the_same(resolved)
}

/// What is printed, in full or sparse, can be loaded again and is the same, unless a note says that it cannot.
fn means_the_same(resolved: &Resolved) -> Result<(), String> {
    let is_said = resolved.notes().iter().any(|note| matches!(note, Note::OtherArchitecture { .. }));
    let kind = if resolved.method().is_some() { Kind::Adapter } else { Kind::Fusion };
    for printed in [resolved.config(), &resolved.sparse()] {
        let again =
            Loader { kind, ..library() }.load_value(&Layered::new(Value::Map(printed.value()), &Origin::Inline), &[]);
        let is_same = again.as_ref().is_ok_and(|again| {
            again
                .as_ref()
                .is_some_and(|again| same(&Value::Map(again.config().value()), &Value::Map(resolved.config().value())))
        });
        if is_same == is_said {
            return Err(format!("printed, it is loaded as {again:?}; the notes are {:?}", resolved.notes()));
        }
    }
    Ok(())
}

fn hash(row: &Value) -> Result<(), String> {
    let json = text(row, "text");
    let document = Document::read(json.into_bytes(), Format::Json);
    if document.problems.iter().any(|problem| problem.kind == ProblemKind::LoneSurrogate) {
        return Ok(());
    }
    let map = document.root.as_ref().map(|root| root.to_value()).and_then(|value| value.as_map().cloned());
    let id = config_id(&map.ok_or("no mapping")?).map_err(|error| error.to_string())?;
    match text(row, "config_id") {
        expected if id == expected => Ok(()),
        expected => Err(format!("{id} is not {expected}")),
    }
}
