//! The table of PEFT's releases, from the recording of all of them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::{check, root};

#[test]
fn table_of_the_releases_of_peft() {
    let text = std::fs::read(root().join("fixtures/releases/peft_keys.json")).expect("the recording is there");
    check("src/dialects/peft/releases/table.rs", &table(&serde_json::from_slice(&text).expect("it is JSON")));
}

fn object(value: &Value) -> &Map<String, Value> {
    value.as_object().expect("an object")
}

fn table(recorded: &Value) -> String {
    let releases: Vec<&str> = recorded["releases"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let at = |release: &Value| releases.iter().position(|known| release == known).expect("a release of the list");
    let lifetime = |entry: &Value| match &entry["until"] {
        Value::Null => format!("({}, None)", at(&entry["since"])),
        until => format!("({}, Some({}))", at(&entry["since"]), at(until)),
    };
    let mut text =
        "//! Generated from `fixtures/releases/peft_keys.json`; `BLESS=1 cargo test --test generated` writes it \
                    anew.\n//! Numbers are places in the list of releases.\n\n#[rustfmt::skip]\n"
            .to_owned();
    text.push_str(&format!("pub(super) const RELEASES: [&str; {}] = [\n", releases.len()));
    text.push_str(&wrapped(&releases));
    text.push_str("];\n\n/// The first and the last place.\ntype Places = (u8, Option<u8>);\n\n/// Methods, with their first and last \
                   release.\n#[rustfmt::skip]\n");
    text.push_str("pub(super) const METHODS: &[(&str, Places)] = &[\n");
    let methods = object(&recorded["methods"]);
    for (name, method) in methods {
        text.push_str(&format!("    ({name:?}, {}),\n", lifetime(method)));
    }
    text.push_str("];\n\n/// Keys of methods, with their first and last release.\n#[rustfmt::skip]\n");
    text.push_str("pub(super) const KEYS: &[(&str, Places, &[&str])] = &[\n");
    let mut changed = String::new();
    for (name, method) in methods {
        let mut spans: BTreeMap<(usize, String), Vec<&str>> = BTreeMap::new();
        for (key, entry) in object(&method["keys"]) {
            spans.entry((at(&entry["since"]), lifetime(entry))).or_default().push(key);
            let defaults = entry["defaults"].as_array().expect("a list of changes");
            for change in defaults.iter().filter(|_| defaults.len() > 1) {
                let (since, default) = (at(&change[0]), change[1].to_string());
                changed.push_str(&format!("    ({name:?}, {key:?}, {since}, {default:?}),\n"));
            }
        }
        for ((_, span), keys) in spans {
            text.push_str(&format!(
                "    ({name:?}, {span}, &[\n{}    ]),\n",
                wrapped(&keys).replace("    ", "        ")
            ));
        }
    }
    text.push_str("];\n\n/// Defaults that changed: method, key, the release from which on it is so, JSON.\n");
    text.push_str("#[rustfmt::skip]\npub(super) const DEFAULTS: &[(&str, &str, u8, &str)] = &[\n");
    text + &changed + "];\n"
}

/// Texts in lines.
fn wrapped(words: &[&str]) -> String {
    let mut text = String::new();
    let mut line = String::new();
    for word in words {
        let word = format!("{word:?},");
        if line.len() + word.len() > 100 {
            text.push_str(&format!("   {line}\n"));
            line.clear();
        }
        line.push(' ');
        line.push_str(&word);
    }
    text + &format!("   {line}\n")
}
