//! JSON Schemas of every file and config, generated from the types and their doc comments. The same schemas that are
//! published judge structure in the linter, so what an editor underlines and what the linter reports agree.

mod catalog;
mod either;
mod own;

pub use catalog::catalog;

pub use crate::json_schema::{BASE, Draft, Schema, describe};

pub(crate) use crate::json_schema::resolve;

use serde_json::Value;

use crate::dialects::{adapterhub, peft};

/// All schemas: of AdapterHub's files, of this crate's own, of PEFT's, and of files of both libraries.
fn all() -> impl Iterator<Item = &'static Schema> {
    adapterhub::schemas::all().iter().chain(own::all()).chain(peft::schemas::all()).chain(either::all())
}

/// The schema called so.
#[must_use]
pub fn named(name: &str) -> Option<&'static Schema> {
    all().find(|schema| schema.name() == name)
}

/// The names of all schemas.
pub fn names() -> impl ExactSizeIterator<Item = &'static str> {
    let names: Vec<_> = all().map(Schema::name).collect();
    names.into_iter()
}

/// The names of the schemas of what libraries read and write: without those of this crate's own formats.
pub fn library_names() -> impl Iterator<Item = &'static str> {
    adapterhub::schemas::all().iter().chain(peft::schemas::all()).map(Schema::name)
}

/// The title of a schema: what the file or config is, in a few words.
#[must_use]
pub fn title(name: &str) -> Option<&'static str> {
    named(name).map(Schema::title)
}

/// Where the schema called `name` stands below the folder of all schemas, such as `adapterhub/lora.json`.
#[must_use]
pub fn path(name: &str) -> Option<&'static str> {
    named(name).map(Schema::path)
}

/// The schema called `name` as a file's text.
#[must_use]
pub fn text(name: &str, draft: Draft) -> Option<String> {
    named(name).map(|schema| schema.text(draft))
}

/// The schema called `name`; `None` if there is none.
#[must_use]
pub fn schema(name: &str, draft: Draft) -> Option<Value> {
    named(name).map(|schema| schema.in_draft(draft))
}

/// The validator of the schema called `name` (draft 2020-12), compiled on first use.
///
/// # Panics
///
/// If there is no such schema: names come from [`names`], not from users.
#[must_use]
pub fn validator(name: &str) -> &'static jsonschema::Validator {
    named(name).expect("the caller takes the name from the table").validator()
}

/// The schema of `key` in the schema called `name`: see [`Schema::property`].
#[must_use]
pub fn property(name: &str, key: &str) -> Option<&'static Value> {
    named(name)?.property(key)
}

/// The schema called `name` (draft 2020-12), generated on first use.
#[must_use]
pub fn loaded(name: &str) -> Option<&'static Value> {
    named(name).map(Schema::value)
}
