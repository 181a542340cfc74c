//! The Hub's info cards and repositories, against what the Hub's own scripts say of them. One trial a case.

mod cards;
mod repositories;

use std::path::PathBuf;

use adapter_spec::document::{Document, Format};
use libtest_mimic::Failed;

use crate::Trial;

pub(crate) fn trials() -> Vec<Trial> {
    cards::trials().into_iter().chain(repositories::trials()).collect()
}

/// A file or folder of `fixtures/hub`.
fn fixture(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "fixtures", "hub", name].iter().collect()
}

fn read(name: &str) -> String {
    let path = fixture(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn yaml(text: &str) -> Document {
    Document::read(text.as_bytes().to_vec(), Format::Yaml)
}

/// Fails with `message` unless `holds`.
fn ensure(holds: bool, message: impl FnOnce() -> String) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(message().into()) }
}
