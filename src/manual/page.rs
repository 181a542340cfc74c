use serde_json::Value;

use super::{KeyManual, walk};
use crate::dialects::adapterhub::config::Activation;
use crate::dialects::adapterhub::tolerance;
use crate::dialects::peft::RELEASE;
use crate::schema;

/// The manual of the keys of AdapterHub's files in Markdown, as it stands in `docs/keys.md`.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(
        "# Keys\n\n\
         Every key of every config, side file and info card. `adapter-lint explain KEY` prints one of these texts, and \
         editors show them where the schemas in `schemas/` are in use. The keys of PEFT have [a page of their \
         own](peft-keys.md).\n\n\
         Where a value is true or false, the library tests its truth: null, 0, and an empty text, list or object count as \
         false, everything else as true, also the text \"false\".\n\n\
         This page is generated from the types; `BLESS=1 cargo test --test generated schemas` writes it anew.\n\n",
    );
    let is_ours = |name: &str| name != "config" && !name.starts_with("peft-");
    let names: Vec<&str> = schema::library_names().filter(|name| is_ours(name)).collect();
    contents(&mut page, &names);
    page.push_str("- [Activations](#activations)\n");
    for name in names {
        section(&mut page, name);
    }
    activations(&mut page);
    page
}

/// The manual of the keys of PEFT's configs in Markdown, as it stands in `docs/peft-keys.md`.
#[must_use]
pub fn peft_page() -> String {
    let mut page = format!(
        "# Keys of PEFT\n\n\
         Every key of the config of every method of Hugging Face PEFT {RELEASE}, and of Bone, which is gone. `adapter-lint \
         explain peft.lora.r` prints one of these texts. PEFT checks few types when it reads a file: a value of another type \
         fails where it is used, if anywhere.\n\n\
         This page is generated from the tables of keys; `BLESS=1 cargo test --test generated schemas` writes it anew.\n\n",
    );
    let is_method = |name: &str| name != "peft-config" && name.starts_with("peft-");
    let names: Vec<&str> = schema::library_names().filter(|name| is_method(name)).collect();
    contents(&mut page, &names);
    for name in names {
        section(&mut page, name);
    }
    page
}

fn contents(page: &mut String, names: &[&str]) {
    for name in names {
        page.push_str(&format!("- [{}](#{name})\n", schema::title(name).unwrap_or(name)));
    }
}

fn section(page: &mut String, name: &'static str) {
    let title = schema::title(name).unwrap_or(name);
    let about = schema::loaded(name).and_then(|schema| schema.get("description")).and_then(Value::as_str);
    page.push_str(&format!("\n<a id=\"{name}\"></a>\n\n## {title}\n\n{}\n", about.unwrap_or_default()));
    let mut elsewhere: Vec<(&str, Vec<String>)> = Vec::new();
    for manual in walk::all().iter().filter(|manual| manual.places.iter().any(|place| place.schema == name)) {
        let first = manual.places[0].schema;
        if first == name {
            page.push_str(&format!("\n{}", shortened(manual).to_markdown()));
        } else {
            match elsewhere.iter_mut().find(|(schema, _)| *schema == first) {
                Some((_, keys)) => keys.push(format!("`{}`", manual.key)),
                None => elsewhere.push((first, vec![format!("`{}`", manual.key)])),
            }
        }
    }
    for (schema, keys) in elsewhere {
        let title = schema::title(schema).unwrap_or(schema);
        page.push_str(&format!("\nAs in [{title}](#{schema}): {}.\n", keys.join(", ")));
    }
}

/// A manual without what the page says once for all keys: the activations, and what counts as true.
fn shortened(manual: &KeyManual) -> KeyManual {
    let mut manual = manual.clone();
    if manual.tolerance == tolerance("truth") {
        manual.tolerance = None;
    }
    let is_activation = |value: &Value| Activation::ALL.iter().any(|known| value == known.name());
    let (activations, others): (Vec<_>, Vec<_>) =
        manual.values.iter().cloned().partition(|(value, _)| is_activation(value));
    if activations.len() == Activation::ALL.len() {
        manual.accepts = "one of the [activations](#activations)".to_owned();
        for (value, meaning) in others {
            let or = if manual.accepts.ends_with('.') { " Or" } else { ", or" };
            manual.accepts.push_str(&format!("{or} `{value}`: {meaning}"));
        }
        manual.values.clear();
    }
    manual
}

fn activations(page: &mut String) {
    page.push_str(
        "\n<a id=\"activations\"></a>\n\n## Activations\n\n\
         The names that `adapters` 1.3.0 finds with `transformers` 4.57, in upper or lower case. `σ` is the logistic \
         function `1 / (1 + exp(-x))`, `Φ` the distribution function of the standard normal distribution.\n\n\
         | name | definition |\n|---|---|\n",
    );
    let listed = walk::all().iter().find(|manual| manual.key == "non_linearity");
    for (value, meaning) in listed.into_iter().flat_map(|manual| &manual.values) {
        page.push_str(&format!("| `{}` | {} |\n", value.as_str().unwrap_or_default(), meaning.replace('|', "\\|")));
    }
}
