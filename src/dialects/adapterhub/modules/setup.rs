//! A composition as the library writes it, as the methods take it.

use super::BuildError;
use crate::dialects::adapterhub::files::{AverageBlock, Block, Child, Sizes, WholeBlock};
use crate::methods::composition::Setup;

/// A composition whose weights are those that were used: `to_dict` of a setup that ran.
impl From<&Block> for Setup {
    fn from(block: &Block) -> Self {
        Reading { weights: &|block| Ok(written(block)) }.block(block).unwrap_or_else(|_| Self::Stack(Vec::new()))
    }
}

/// A composition as the library reads it from a file: the weights of an Average are divided by their sum, unless the file
/// says not to (`composition.py`, `Average.__init__`, 1.3.0).
///
/// # Errors
/// For an Average of nothing, and weights that sum to 0: the library divides by it.
pub fn loaded_setup(block: &Block) -> Result<Setup, BuildError> {
    let weights = |block: &AverageBlock| {
        if block.children.is_empty() {
            return Err(BuildError("Average has no children".to_owned()));
        }
        let written = written(block);
        let sum: f64 = written.iter().sum();
        if block.kwargs.weights.is_none() || block.kwargs.normalize_weights == Some(false) {
            return Ok(written);
        }
        if sum == 0.0 {
            return Err(BuildError("the weights of Average sum to 0".to_owned()));
        }
        Ok(written.into_iter().map(|weight| weight / sum).collect())
    };
    Reading { weights: &weights }.block(block)
}

/// The weights as they stand there, or equal ones.
fn written(block: &AverageBlock) -> Vec<f64> {
    let children = block.children.len();
    let number = |weight: &serde_json::Number| weight.as_f64().unwrap_or(f64::NAN);
    match &block.kwargs.weights {
        Some(weights) => weights.iter().map(number).collect(),
        None => vec![1.0 / children as f64; children],
    }
}

/// How the weights of an Average are read.
struct Reading<'a> {
    weights: &'a dyn Fn(&AverageBlock) -> Result<Vec<f64>, BuildError>,
}

impl Reading<'_> {
    fn block(&self, block: &Block) -> Result<Setup, BuildError> {
        let all = |children: &[Child]| children.iter().map(|child| self.child(child)).collect::<Result<Vec<_>, _>>();
        let whole = |block: &WholeBlock| all(&block.children);
        Ok(match block {
            Block::Stack(block) => Setup::Stack(whole(block)?),
            Block::Parallel(block) => Setup::Parallel(whole(block)?),
            Block::MultiTask(block) => Setup::MultiTask(whole(block)?),
            Block::Fuse(block) => {
                let name = block.kwargs.0.as_ref().and_then(|options| options.name.clone());
                Setup::Fuse { children: all(&block.children)?, name }
            }
            Block::Split(block) => {
                let splits = sizes(&block.kwargs.splits, block.children.len());
                Setup::Split { children: all(&block.children)?, splits }
            }
            Block::BatchSplit(block) => {
                let batch_sizes = sizes(&block.kwargs.batch_sizes, block.children.len());
                Setup::BatchSplit { children: all(&block.children)?, batch_sizes }
            }
            Block::Average(block) => {
                Setup::Average { weights: (self.weights)(block)?, children: all(&block.children)? }
            }
        })
    }

    fn child(&self, child: &Child) -> Result<Setup, BuildError> {
        let block = match child {
            Child::Single(single) => return Ok(Setup::Single(single.children[0].clone())),
            Child::Stack(block) => Block::Stack(block.clone()),
            Child::Fuse(block) => Block::Fuse(block.clone()),
            Child::Split(block) => Block::Split(block.clone()),
            Child::BatchSplit(block) => Block::BatchSplit(block.clone()),
            Child::Parallel(block) => Block::Parallel(block.clone()),
            Child::Average(block) => Block::Average(block.clone()),
            Child::MultiTask(block) => Block::MultiTask(block.clone()),
        };
        self.block(&block)
    }
}

fn sizes(sizes: &Sizes, children: usize) -> Vec<usize> {
    let size = |size: &u64| usize::try_from(*size).unwrap_or(usize::MAX);
    match sizes {
        Sizes::Same(same) => vec![size(same); children],
        Sizes::Each(each) => each.iter().map(size).collect(),
    }
}
