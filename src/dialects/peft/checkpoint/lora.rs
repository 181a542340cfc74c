//! The halves of LoRA in a file, module by module.

use std::collections::BTreeMap;

use crate::dialects::peft::names::{Name, Owner, Part};
use crate::tensors::{Tensor, TensorFile};

/// What a file has at one module.
#[derive(Debug, Default)]
pub(super) struct Site<'a> {
    /// A and B of a layer.
    pub(super) layer: [Option<Tensor<'a>>; 2],
    /// A and B of an embedding.
    pub(super) embedding: [Option<Tensor<'a>>; 2],
    /// What else LoRA keeps there: a bias, the lengths of DoRA.
    pub(super) others: Vec<Tensor<'a>>,
}

/// How the two halves of a pair do not go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Discord {
    /// The ranks are two.
    Ranks(usize, usize),
    /// Both lie on their sides.
    Transposed,
    /// One has no shape that a layer's has.
    Dimensions(usize),
}

impl<'a> Site<'a> {
    /// All tensors there.
    pub(super) fn tensors(&self) -> impl Iterator<Item = &Tensor<'a>> {
        self.layer.iter().chain(&self.embedding).flatten().chain(&self.others)
    }

    /// Leaves out the tensors of these names.
    pub(super) fn leave_out(&mut self, is_out: impl Fn(&str) -> bool) {
        for half in self.layer.iter_mut().chain(&mut self.embedding) {
            if half.is_some_and(|tensor| is_out(tensor.name())) {
                *half = None;
            }
        }
        self.others.retain(|tensor| !is_out(tensor.name()));
    }

    /// The pairs of which at least one half is there.
    pub(super) fn pairs(&self) -> impl Iterator<Item = [Option<Tensor<'a>>; 2]> {
        [self.layer, self.embedding].into_iter().filter(|pair| pair.iter().any(Option::is_some))
    }

    /// The pairs of which both halves are there and have numbers.
    pub(super) fn whole(&self) -> impl Iterator<Item = [Tensor<'a>; 2]> {
        self.pairs().filter_map(|[a, b]| Some([a?, b?])).filter(|pair| pair.iter().all(|half| half.elements() > 0))
    }

    /// How the halves of a pair do not go together.
    pub(super) fn discord(&self) -> Option<(Tensor<'a>, Discord)> {
        // Those of a convolution over three dimensions have the most.
        let is_shapeless = |half: &Tensor<'a>| !(2..=5).contains(&half.shape().len());
        if let Some(half) = self.whole().flatten().find(is_shapeless) {
            return Some((half, Discord::Dimensions(half.shape().len())));
        }
        self.whole().find_map(|[a, b]| {
            let (&rank, &columns) = (a.shape().first()?, b.shape().get(1)?);
            // The groups of a convolution share out the columns of B.
            let is_grouped = b.shape().len() > 2 && columns > 0 && rank % columns == 0;
            if rank == columns || is_grouped {
                return None;
            }
            // Where all widths are one, a half that was cut looks alike, but for the side that is longer.
            let is_turned = matches!((a.shape(), b.shape()), (&[high, narrow], &[low, wide]) if narrow == low && high > narrow && wide > low);
            Some((b, if is_turned { Discord::Transposed } else { Discord::Ranks(rank, columns) }))
        })
    }

    /// Whether a half has the shape that is wanted but for the rank, and the other half has the same rank.
    pub(super) fn differs_in_rank_alone(&self, half: &Tensor<'_>, wanted: &[Option<u64>]) -> bool {
        self.whole().any(|pair| {
            let Some(rank) = pair.iter().position(|own| own.name() == half.name()) else { return false };
            let is_fit = |(at, (size, wanted)): (usize, (&usize, &Option<u64>))| {
                (at == rank) == wanted.is_some_and(|wanted| u64::try_from(*size) != Ok(wanted))
            };
            half.shape().len() == wanted.len() && half.shape().iter().zip(wanted).enumerate().all(is_fit)
        })
    }

    /// The rank, if both halves lie on their sides: between layers of equal width nothing else shows it.
    pub(super) fn turned_rank(&self) -> Option<u64> {
        let [a, b] = self.whole().next()?;
        match (a.shape(), b.shape()) {
            (&[_, rank], &[other, _]) if rank == other => u64::try_from(rank).ok(),
            _ => None,
        }
    }

    /// The narrower side of the weight, by both halves.
    pub(super) fn width(&self) -> Option<u64> {
        let [a, b] = self.whole().next()?;
        u64::try_from(*a.shape().get(1)?.min(b.shape().first()?)).ok()
    }

    /// The rank, by A.
    pub(super) fn rank(&self) -> Option<(Tensor<'a>, u64)> {
        let [a, _] = self.whole().next()?;
        Some((a, u64::try_from(*a.shape().first()?).ok()?))
    }
}

/// The modules, by name. Tensors with the name of an adapter in theirs count too.
pub(super) fn sites(file: &TensorFile) -> BTreeMap<&str, Site<'_>> {
    let mut sites: BTreeMap<&str, Site<'_>> = BTreeMap::new();
    for tensor in file.iter() {
        let Owner::Part { module, part } = Name::parse(tensor.name()).owner else { continue };
        let place = match part {
            Part::LoraA => Some((0, 0)),
            Part::LoraB => Some((0, 1)),
            Part::EmbeddingA => Some((1, 0)),
            Part::EmbeddingB => Some((1, 1)),
            Part::LoraBias | Part::Magnitude => None,
            Part::Ia3 | Part::VeraB | Part::VeraD => continue,
        };
        let site = sites.entry(module).or_default();
        match place {
            Some((0, half)) => site.layer[half] = Some(tensor),
            Some((_, half)) => site.embedding[half] = Some(tensor),
            None => site.others.push(tensor),
        }
    }
    sites
}
