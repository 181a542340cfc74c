use std::cell::OnceCell;
use std::collections::BTreeSet;

use super::names;
use super::{Expected, Role, Saved, by_name, rules};
use crate::checkpoint::{CheckpointError, Container, Numbers, Part, Weights, parts};
use crate::dialects::adapterhub::names::Container as Holder;
use crate::dialects::adapterhub::release::Release;
use crate::dialects::adapterhub::slots::{Site, Slot};
use crate::dialects::{Dialect, FileKind, Recognised};
use crate::document::Document;
use crate::findings::Report;
use crate::findings::fold::Folding;
use crate::findings::words::counted;
use crate::models::Model;
use crate::tensors::{Cause, Format, Statistics, Tensor, TensorFile};

/// Judges a file of weights in the folder that it is in; if it is large, its numbers only if `all_numbers`. `None` for
/// a file whose name is none of the library's.
pub(crate) fn check(
    container: &Container,
    name: &str,
    model: Option<&Model>,
    release: Release,
    all_numbers: bool,
    report: &mut Report,
) -> Result<Option<Recognised>, CheckpointError> {
    let Some(role) = Role::of_weights(name) else { return Ok(None) };
    let kind = match role {
        Role::Adapter => FileKind::AdapterWeights,
        Role::Fusion => FileKind::FusionWeights,
        Role::Head => FileKind::HeadWeights,
    };
    let recognised = Recognised { dialect: Some(Dialect::AdapterHub), kind, certain: true };
    for part in parts(container)?.into_iter().filter(|part| part.role == Some(role)) {
        let Part { config, weights, .. } = part;
        let (own, others): (Vec<_>, Vec<_>) = weights.into_iter().partition(|weights| weights.name == name);
        let Some(own) = own.into_iter().next() else { continue };
        own.opened(container)?;
        let config = config.as_ref().map(|(name, document)| (name.as_str(), document));
        let saved = Saved::read_for(release, role, config, own.file(), model);
        let config = config.map(|(_, document)| document);
        let reads_numbers = all_numbers || Numbers::are_few(&own);
        let subject = Subject {
            role,
            release,
            weights: &own,
            others: &others,
            config,
            saved: &saved,
            reads_numbers,
            comparison: OnceCell::new(),
            numbers: Numbers::new(own.file().filter(|_| reads_numbers)),
        };
        let before = report.findings().len();
        rules::check_all(&subject, report);
        let [safetensors, torch] = role.weights_names();
        let is_readable = subject.file().is_some_and(|file| file.format() == Format::Safetensors);
        if !is_readable && name == safetensors && others.iter().any(|other| other.name == torch) {
            report.soften(before, &format!("without `use_safetensors=True` the library reads `{torch}` beside it"));
        }
        subject.numbers.finish()?;
    }
    Ok(Some(recognised))
}

/// What the rules of this folder look at: a file of weights with the config beside it.
pub(crate) struct Subject<'a> {
    /// What they are of.
    pub(crate) role: Role,
    /// The release that the files are for.
    pub(crate) release: Release,
    /// The file.
    pub(crate) weights: &'a Weights,
    /// The weights of the same adapter in the other format.
    pub(crate) others: &'a [Weights],
    /// The config.
    pub(crate) config: Option<&'a Document>,
    /// What the config says of the weights.
    pub(crate) saved: &'a Saved,
    /// Whether the numbers are looked at, not only the headers.
    pub(crate) reads_numbers: bool,
    comparison: OnceCell<Option<Comparison<'a>>>,
    numbers: Numbers<'a>,
}

/// The tensors of a file, held against those that should be there.
pub(crate) struct Comparison<'a> {
    /// The tensors that should be there, each with those that are there for it.
    pub(crate) pairs: Vec<(&'a Expected, Vec<Tensor<'a>>)>,
    /// The tensors that have no place.
    pub(crate) beside: Vec<Tensor<'a>>,
    /// The adapters that these are of, by what their names say.
    pub(crate) adapters: BTreeSet<String>,
    /// What stands before the names, if it has to go for any tensor to have a place.
    pub(crate) wrapper: Option<String>,
}

impl<'a> Subject<'a> {
    /// The tensors; none if the file cannot be read.
    pub(crate) fn file(&self) -> Option<&'a TensorFile> {
        self.weights.file()
    }

    /// Why the file cannot be read.
    pub(crate) fn cause(&self) -> Option<&Cause> {
        self.weights.cause()
    }

    /// Why the file cannot be read, in words.
    pub(crate) fn flaw(&self) -> String {
        self.weights.flaw()
    }

    /// The file, in a sentence.
    pub(crate) fn what(&self) -> &'static str {
        match self.role {
            Role::Adapter => "adapter",
            Role::Fusion => "AdapterFusion",
            Role::Head => "head",
        }
    }

    /// The tensors, held against what the config asks for; none if that is not known.
    pub(crate) fn comparison(&self) -> Option<&Comparison<'a>> {
        let compare = || Some(Comparison::new(self.role, self.saved, self.saved.tensors()?, self.file()?));
        self.comparison.get_or_init(compare).as_ref()
    }

    /// What the numbers of every tensor are like, those that share memory once. Without those that cannot be told.
    pub(crate) fn statistics(&self) -> &[(Tensor<'a>, Statistics)] {
        self.numbers.all()
    }

    /// What the numbers of a tensor are like.
    pub(crate) fn statistics_of(&self, tensor: Tensor<'_>) -> Option<Statistics> {
        self.numbers.of(tensor)
    }

    /// Whether two tensors have other types, shapes or bytes.
    pub(crate) fn differ(&self, tensor: Tensor<'_>, other: Tensor<'_>) -> bool {
        self.numbers.differ(tensor, other)
    }
}

impl<'a> Comparison<'a> {
    fn new(role: Role, saved: &Saved, expected: &'a [Expected], file: &'a TensorFile) -> Self {
        let known = by_name(expected);
        let mut pairs: Vec<_> = expected.iter().map(|expected| (expected, Vec::new())).collect();
        let mut beside = Vec::new();
        for tensor in file.iter() {
            match known.get(&*names::current(tensor.name())) {
                Some(number) => pairs[*number].1.push(tensor),
                None => beside.push(tensor),
            }
        }
        let is_other = |adapter: &str| saved.name.as_deref() != Some(adapter);
        let adapters = beside.iter().filter_map(|tensor| {
            let (name, _) = names::split(tensor.name())?;
            (Role::of(name.container) == role && is_other(name.adapter)).then(|| name.adapter.to_owned())
        });
        let adapters = adapters.collect();
        Self { pairs, beside, adapters, wrapper: saved.wrapper.clone() }
    }

    /// Whether any tensor has a place.
    pub(crate) fn is_placed(&self) -> bool {
        self.pairs.iter().any(|(_, found)| !found.is_empty())
    }

    /// What should be there and is not.
    pub(crate) fn missing(&self) -> impl Iterator<Item = &'a Expected> {
        self.pairs.iter().filter(|(_, found)| found.is_empty()).map(|(expected, _)| *expected)
    }

    /// Whether the config asks for nothing, so that none of what is there has a place.
    pub(crate) fn is_without_place(&self) -> bool {
        self.pairs.is_empty() && !self.beside.is_empty() && !self.is_misnamed()
    }

    /// Whether a tensor is of another adapter than the config's.
    pub(crate) fn is_of_other(&self, name: &str) -> bool {
        names::split(name).is_some_and(|(name, _)| self.adapters.contains(name.adapter))
    }

    /// Whether a tensor is of this adapter.
    pub(crate) fn is_of(&self, name: &str, adapter: &str) -> bool {
        names::split(name).is_some_and(|(name, _)| name.adapter == adapter)
    }

    /// How the prefixes in the file are kept, if the config asks for the other way; and the first of their tensors.
    pub(crate) fn prefixes_of_other_kind(&self) -> Option<(Flatness, &'a str)> {
        let is_prefix = |slot: &Slot| matches!(slot.site, Site::Prefixes { .. });
        let mut wanted = self.missing().filter_map(|expected| expected.slot.as_ref()).filter(|slot| is_prefix(slot));
        let wanted = if wanted.next()?.role == "flat" { Flatness::Flat } else { Flatness::Mapped };
        self.beside.iter().find_map(|tensor| {
            let (name, _) = names::split(tensor.name())?;
            let leaf = name.leaf.split_once('.').map(|(_, leaf)| leaf)?;
            let is_prefix = matches!(name.container, Holder::Prefixes | Holder::PooledPrefixes);
            let found = if leaf == "control_trans" { Flatness::Flat } else { Flatness::Mapped };
            (is_prefix && !self.is_of_other(tensor.name()) && found != wanted).then_some((found, tensor.name()))
        })
    }

    /// Whether another finding tells why nothing is where it should be.
    pub(crate) fn is_misnamed(&self) -> bool {
        !self.is_placed() && (!self.adapters.is_empty() || self.wrapper.is_some())
    }
}

/// How prefixes are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flatness {
    /// As they are.
    Flat,
    /// As the network that computes them.
    Mapped,
}

/// Tensors that are told together.
pub(crate) struct Group<'n> {
    /// Their names, in backticks.
    pub(crate) shown: String,
    /// The first of them.
    pub(crate) first: &'n str,
    /// How many there are.
    pub(crate) count: usize,
}

impl Group<'_> {
    /// The names, with the number of them if there are several.
    pub(crate) fn counted(&self) -> String {
        let several = if self.count > 1 { format!(" ({})", counted(self.count, "tensor")) } else { String::new() };
        format!("{}{several}", self.shown)
    }
}

/// The tensors of a module, told together, and with those of modules that differ in one number only. The names of a
/// module follow each other.
pub(crate) fn grouped<'n>(all: impl IntoIterator<Item = &'n str>) -> Vec<Group<'n>> {
    let mut modules: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for name in all {
        let (module, leaf) = names::module(name).unwrap_or((name, ""));
        match modules.last_mut() {
            Some((last, _, leaves)) if *last == module && !leaf.is_empty() => leaves.push(leaf),
            _ => modules.push((module, name, vec![leaf])),
        }
    }
    let mut folding = Folding::new();
    let mut alike: Vec<(&str, Vec<&str>, usize)> = Vec::new();
    for (module, first, leaves) in modules {
        match alike.get_mut(folding.add(leaves.clone(), module)) {
            Some((_, _, count)) => *count += leaves.len(),
            None => alike.push((first, leaves.clone(), leaves.len())),
        }
    }
    let told = folding.finish().into_iter().zip(alike).map(|(paths, (first, leaves, count))| {
        let shown = match &leaves[..] {
            [""] => format!("`{paths}`"),
            [leaf] => format!("`{paths}.{leaf}`"),
            [most @ .., last] => format!("`{}` and `{last}` of `{paths}`", most.join("`, `")),
            [] => String::new(),
        };
        Group { shown, first, count }
    });
    told.collect()
}

/// Whether a tensor is of an adapter's module, an AdapterFusion or a head, of whichever name.
pub(crate) fn has_holder(tensor: Tensor<'_>) -> Option<Holder> {
    names::split(tensor.name()).map(|(name, _)| name.container)
}
