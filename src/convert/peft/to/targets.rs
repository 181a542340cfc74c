use std::collections::BTreeSet;

use super::super::place::{Place, Places};
use crate::dialects::adapterhub::sites::When;
use crate::dialects::peft::namesakes;

/// The adapted modules, and how their names are written so that PEFT finds them and no others.
pub(super) struct Adapted<'p> {
    places: &'p Places,
    /// The modules, without what stands before them.
    modules: BTreeSet<String>,
}

impl<'p> Adapted<'p> {
    pub(super) fn new(places: &'p Places, modules: impl Iterator<Item = String>) -> Self {
        Self { places, modules: modules.collect() }
    }

    /// Names for some of the adapted modules: ends of names where all modules that end so are among them, else whole
    /// names. `prefix` stands before whole names.
    pub(super) fn names(&self, some: &BTreeSet<&str>, prefix: &str) -> Vec<String> {
        let mut names = Vec::new();
        let mut left: BTreeSet<&str> = some.clone();
        while let Some(&module) = left.first() {
            let end = self.places.locate(module).and_then(|place| self.end(place, some));
            match end {
                Some(end) => {
                    left.retain(|module| !ends(module, end));
                    names.push(end.to_owned());
                }
                None => {
                    left.remove(module);
                    names.push(format!("{prefix}{module}"));
                }
            }
        }
        names
    }

    /// The shortest end of the name of a place that only modules in `some` have.
    fn end(&self, place: Place, some: &BTreeSet<&str>) -> Option<&'static str> {
        let path = place.linear.path;
        let starts = path.match_indices('.').map(|(at, _)| at + 1).collect::<Vec<_>>();
        let tails = starts.into_iter().rev().map(|at| &path[at..]).chain([path]);
        // The parts of T5's blocks are numbered; a number says nothing to a reader.
        let mut tails = tails.filter(|tail| !tail.starts_with(|first: char| first.is_ascii_digit()));
        tails.find(|tail| self.is_exact(tail, some))
    }

    fn is_exact(&self, end: &str, some: &BTreeSet<&str>) -> bool {
        let others = namesakes(self.places.sites.model_type);
        if others.iter().any(|other| ends(other, end) || ends(end, other)) {
            return false;
        }
        self.places.sites.layers.iter().enumerate().all(|(stack, row)| {
            let linears = row.linears.iter().filter(|linear| ends(linear.path, end));
            linears.into_iter().all(|linear| {
                let modules = (0..self.places.layers[stack])
                    .map(|layer| self.places.module(Place { stack, layer, linear }))
                    .collect::<Vec<_>>();
                // What only some models have is not there if no layer has it.
                let may_be_absent = linear.when != When::Always;
                if may_be_absent && !modules.iter().any(|module| self.modules.contains(module)) {
                    return true;
                }
                modules.iter().all(|module| some.contains(module.as_str()))
            })
        })
    }
}

/// Whether a path is this end, or has it behind a dot.
fn ends(path: &str, end: &str) -> bool {
    path.strip_suffix(end).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}
