//! Tensors that look like the method's, under names that PEFT does not look for: other programs have other names for the
//! same matrices.

use std::collections::{BTreeMap, BTreeSet};

use super::Facts;
use super::missing::is_whole;
use crate::dialects::peft::PeftType;
use crate::dialects::peft::ends::{self, End};
use crate::dialects::peft::names::WRAPPERS;
use crate::tensors::TensorFile;

/// The names of a file that have an attribute of the method in them.
#[derive(Debug, Default)]
pub(super) struct Untaken<'a> {
    /// How many PEFT looks for, perhaps once what stands before the module and an adapter's name are mended.
    pub(super) taken: usize,
    /// Those that it does not look for, each with the attribute.
    pub(super) others: BTreeMap<&'a str, String>,
}

impl<'a> Untaken<'a> {
    /// Those of a file; none where the method has no attributes.
    pub(super) fn of(method: PeftType, file: &'a TensorFile) -> Self {
        let mut all = Self::default();
        for tensor in file.iter() {
            let parts = tensor.name().split('.').filter(|part| !WRAPPERS.contains(part));
            let path = parts.collect::<Vec<_>>().join(".");
            match ends::read(method, &path) {
                None => {}
                Some((attribute, End::Other)) => {
                    all.others.insert(tensor.name(), attribute.to_owned());
                }
                Some((_, End::Saved | End::Named { .. })) => all.taken += 1,
            }
        }
        all
    }

    /// Those of a folder, but for what is of a module that is saved whole, which may be called as it likes.
    pub(super) fn in_folder(facts: &Facts<'a>) -> Option<Self> {
        let mut all = Self::of(facts.method()?, facts.file()?);
        all.others.retain(|name, _| !facts.config().is_some_and(|config| is_whole(config, name)));
        Some(all)
    }

    /// Whether there are some that PEFT looks for, and this is none of them.
    pub(super) fn is_stray(&self, name: &str) -> bool {
        self.taken > 0 && self.others.contains_key(name)
    }
}

/// How a method's names end that PEFT looks for, in place of those with these attributes, in words.
pub(super) fn wanted<'n>(method: PeftType, attributes: impl Iterator<Item = &'n str>) -> String {
    const MOST: usize = 4;
    let mut all: Vec<&str> = Vec::new();
    for attribute in attributes.collect::<BTreeSet<_>>() {
        let new = ends::nearest(method, attribute).into_iter().filter(|end| !all.contains(end));
        let new: Vec<_> = new.collect();
        all.extend(new);
    }
    let and = if all.len() > MOST { " and others" } else { "" };
    let first: Vec<_> = all.iter().take(MOST).map(|end| format!("`{}`", shown(end))).collect();
    format!("PEFT looks for names that end in {}{and}", first.join(", "))
}

/// An end as a name might have it.
fn shown(end: &str) -> String {
    end.replace(".**", ".…").replace('#', "0")
}
