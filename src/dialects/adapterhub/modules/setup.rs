//! A composition as the library writes it, as the methods take it.

use crate::dialects::adapterhub::files::{
    AverageBlock, BatchSplitBlock, Block, Child, FuseBlock, Sizes, SplitBlock, WholeBlock,
};
use crate::methods::composition::Setup;

impl From<&Block> for Setup {
    fn from(block: &Block) -> Self {
        match block {
            Block::Stack(block) => Self::Stack(whole(block)),
            Block::Fuse(block) => fuse(block),
            Block::Split(block) => split(block),
            Block::BatchSplit(block) => batch_split(block),
            Block::Parallel(block) => Self::Parallel(whole(block)),
            Block::Average(block) => average(block),
            Block::MultiTask(block) => Self::MultiTask(whole(block)),
        }
    }
}

impl From<&Child> for Setup {
    fn from(child: &Child) -> Self {
        match child {
            Child::Single(single) => Self::Single(single.children[0].clone()),
            Child::Stack(block) => Self::Stack(whole(block)),
            Child::Fuse(block) => fuse(block),
            Child::Split(block) => split(block),
            Child::BatchSplit(block) => batch_split(block),
            Child::Parallel(block) => Self::Parallel(whole(block)),
            Child::Average(block) => average(block),
            Child::MultiTask(block) => Self::MultiTask(whole(block)),
        }
    }
}

fn whole(block: &WholeBlock) -> Vec<Setup> {
    block.children.iter().map(Setup::from).collect()
}

fn fuse(block: &FuseBlock) -> Setup {
    let name = block.kwargs.0.as_ref().and_then(|options| options.name.clone());
    Setup::Fuse { children: block.children.iter().map(Setup::from).collect(), name }
}

fn split(block: &SplitBlock) -> Setup {
    let children: Vec<_> = block.children.iter().map(Setup::from).collect();
    let splits = sizes(&block.kwargs.splits, children.len());
    Setup::Split { children, splits }
}

fn batch_split(block: &BatchSplitBlock) -> Setup {
    let children: Vec<_> = block.children.iter().map(Setup::from).collect();
    let batch_sizes = sizes(&block.kwargs.batch_sizes, children.len());
    Setup::BatchSplit { children, batch_sizes }
}

/// The weights are taken as they are written: the library writes those that it used.
fn average(block: &AverageBlock) -> Setup {
    let children: Vec<_> = block.children.iter().map(Setup::from).collect();
    let equal = || vec![1.0 / children.len() as f64; children.len()];
    let written = |weights: &Vec<_>| {
        weights.iter().map(|weight: &serde_json::Number| weight.as_f64().unwrap_or(f64::NAN)).collect()
    };
    let weights = block.kwargs.weights.as_ref().map_or_else(equal, written);
    Setup::Average { children, weights }
}

fn sizes(sizes: &Sizes, children: usize) -> Vec<usize> {
    let size = |size: &u64| usize::try_from(*size).unwrap_or(usize::MAX);
    match sizes {
        Sizes::Same(same) => vec![size(same); children],
        Sizes::Each(each) => each.iter().map(size).collect(),
    }
}
