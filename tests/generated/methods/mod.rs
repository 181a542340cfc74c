//! The pages of the methods, made of what their sources say.

mod cases;
mod links;
mod page;
mod parameters;
mod peft_cases;
mod source;

use std::collections::BTreeSet;

use crate::{check, root};
use cases::Cases;
use links::Links;
use peft_cases::PeftCases;
use source::Source;

/// Where the methods are, and where their pages go.
const SOURCES: &str = "src/methods";
const PAGES: &str = "docs/methods";

#[test]
fn pages_of_the_methods() {
    let index = Source::read("README", &["mod.rs"]);
    let modules = index.modules();
    assert!(modules.len() > 20, "the list of modules is read wrongly: {modules:?}");
    let (public, private): (Vec<_>, Vec<_>) = modules.into_iter().partition(|module| module.public);
    let mut sources: Vec<Source> = public.iter().map(|module| Source::of_module(&module.name)).collect();
    let beside = private.iter().map(|module| format!("{}.rs", module.name));
    let files: Vec<_> = std::iter::once("mod.rs".to_owned()).chain(beside).collect();
    sources.insert(0, Source::read("README", &files));

    let (links, cases, peft) = (Links::new(&sources), Cases::read(), PeftCases::read());
    let mut written = BTreeSet::new();
    for source in &sources {
        let name = format!("{}.md", source.name);
        let page = page::page(source, &links, &cases, &peft);
        let unnamed = peft.unnamed(&source.name, &page);
        assert!(unnamed.is_empty(), "{PAGES}/{name} does not name these tensors of golden cases: {unnamed:?}");
        check(&format!("{PAGES}/{name}"), &page);
        written.insert(name);
    }
    for entry in std::fs::read_dir(root().join(PAGES)).expect("the folder is in the repository") {
        let name = entry.expect("the folder can be read").file_name().to_string_lossy().into_owned();
        assert!(written.contains(&name), "{PAGES}/{name} is the page of no module; delete it");
    }
}
