//! How a base model wraps its blocks: where its layer norms stand, and what it hands to a bottleneck adapter.
//!
//! Read from the model classes of `adapters` 1.3.0 (`models/*/modeling_*.py`, `wrappers/interfaces.py` and
//! `methods/bottleneck.py`, `init_bottleneck`), and held to what those classes do when they run
//! (`fixtures/draw/orders.json`).

use crate::models::{ModelType, Norm};

/// A block of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    Attention,
    Cross,
    FeedForward,
}

/// What stands around a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Wrapping {
    /// A norm at the entrance.
    pub(super) entrance: bool,
    /// A norm on the block's output, before the residual sum.
    pub(super) output: bool,
    /// A norm behind the residual sum that the adapter has no part in.
    pub(super) behind: bool,
    /// The norm that the adapter is handed.
    pub(super) handed: Option<Handed>,
    /// What the adapter is handed as residual.
    pub(super) residual: Residual,
    /// Whether the model itself adds the residual behind the adapter.
    pub(super) adds_residual: bool,
    /// Whether the block reads what the attention read.
    pub(super) beside: bool,
}

/// A norm that the adapter is handed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Handed {
    /// The one behind the residual sum, which the adapter's layer applies.
    Own,
    /// One that the model applies elsewhere as well: of this description.
    Elsewhere(&'static str),
}

/// What the adapter is handed as residual.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Residual {
    /// The block's input before any norm.
    Input,
    /// The block's input behind the norm at its entrance.
    Normed,
    /// Nothing.
    None,
}

const BEHIND: Wrapping = Wrapping {
    entrance: false,
    output: false,
    behind: false,
    handed: Some(Handed::Own),
    residual: Residual::Input,
    adds_residual: false,
    beside: false,
};

const BEFORE: Wrapping = Wrapping { entrance: true, handed: None, ..BEHIND };

impl Block {
    /// The key of bottleneck adapters behind the block.
    pub(super) fn place(self) -> &'static str {
        match self {
            Self::Attention => "mh_adapter",
            Self::Cross => "cross_adapter",
            Self::FeedForward => "output_adapter",
        }
    }

    /// What stands around the block in a model of this type.
    pub(super) fn wrapping(self, row: &ModelType) -> Wrapping {
        let through_hooks = Wrapping { adds_residual: true, ..BEFORE };
        match (row.name, self) {
            // Its own norm comes whatever the adapter does; the output's is used a second time.
            ("xmod", Self::Attention | Self::Cross) => Wrapping { behind: true, handed: None, ..BEHIND },
            ("xmod", Self::FeedForward) => Wrapping { behind: true, ..BEHIND },
            ("gemma2" | "gemma3_text", _) => Wrapping {
                output: true,
                handed: Some(Handed::Elsewhere("the model's norm on the block's output, of the last layer")),
                ..through_hooks
            },
            ("modernbert", Self::FeedForward) => Wrapping { residual: Residual::Normed, ..through_hooks },
            ("modernbert", _) => Wrapping {
                residual: Residual::Normed,
                handed: Some(Handed::Elsewhere("the feed-forward block's norm, of the last layer")),
                ..through_hooks
            },
            ("phi", Self::FeedForward) => {
                Wrapping { entrance: false, residual: Residual::None, beside: true, ..through_hooks }
            }
            ("gptj", Self::FeedForward) => Wrapping { entrance: false, beside: true, ..BEFORE },
            _ if row.generic => through_hooks,
            // The norms of a decoder's attention to another sequence are those of its other blocks.
            _ => match if self == Self::FeedForward { row.output_norm } else { row.attention_norm } {
                Norm::Given => BEHIND,
                Norm::Absent | Norm::NoPlace => BEFORE,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, Handed};
    use crate::models::{ModelType, Norm};

    #[test]
    fn an_adapter_is_handed_the_norm_that_was_recorded() {
        for row in ModelType::all() {
            for block in [Block::Attention, Block::FeedForward, Block::Cross] {
                let norm = row.norm_at(block.place());
                let handed = block.wrapping(row).handed.is_some();
                assert!(norm == Norm::NoPlace || handed == (norm == Norm::Given), "{} {block:?}", row.name);
            }
        }
    }

    #[test]
    fn a_norm_of_its_own_stands_nowhere_else() {
        for row in ModelType::all().iter().filter(|row| row.name != "xmod") {
            for block in [Block::Attention, Block::FeedForward] {
                let wrapping = block.wrapping(row);
                let norms = [wrapping.entrance, wrapping.handed == Some(Handed::Own), wrapping.beside];
                assert_eq!(norms.iter().filter(|norm| **norm).count(), 1, "{} {block:?}", row.name);
            }
        }
    }
}
