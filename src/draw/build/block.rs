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
    use super::{Block, Handed, Residual};
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

    /// What a layer calls and hands over, as it was recorded and as it is drawn.
    #[test]
    fn norms_and_adapters_are_called_in_the_order_that_was_recorded() {
        let recording: serde_json::Value =
            serde_json::from_str(include_str!("../../../fixtures/draw/orders.json")).expect("JSON");
        let models = recording["models"].as_object().expect("an object");
        assert_eq!(models.len(), ModelType::all().len());
        for (name, stacks) in models {
            let row = ModelType::of(name).expect("a known type");
            for (path, stack) in stacks.as_object().expect("an object") {
                let order: Vec<_> = stack["order"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .map(|event| event.as_str().expect("text"))
                    .collect();
                let handed: Vec<(bool, &str)> = stack["handed"]
                    .as_array()
                    .expect("a list")
                    .iter()
                    .map(|handed| (!handed["norm"].is_null(), handed["residual"].as_str().expect("text")))
                    .collect();
                // One feed-forward block a run, and one attention more where there is a third place.
                let runs = order.iter().filter(|event| **event == "output_adapter").count();
                let has_cross = handed.len() == 3 * runs;
                let (expected_order, expected_handed) = expected(row, has_cross);
                assert_eq!(order, expected_order.repeat(runs), "{name} {path}");
                assert_eq!(handed, expected_handed.repeat(runs), "{name} {path}");
            }
        }
    }

    fn expected(row: &ModelType, has_cross: bool) -> (Vec<&'static str>, Vec<(bool, &'static str)>) {
        let (mut order, mut handed) = (Vec::new(), Vec::new());
        let mut normed = false;
        let blocks = [Block::Attention, Block::Cross, Block::FeedForward];
        for block in blocks.into_iter().filter(|block| has_cross || *block != Block::Cross) {
            let wrapping = block.wrapping(row);
            if wrapping.entrance {
                order.push("norm");
                normed = true;
            }
            let shares_the_key = block == Block::Cross && row.cross_norm == Norm::NoPlace;
            order.push(if shares_the_key { "mh_adapter" } else { block.place() });
            if wrapping.handed == Some(Handed::Own) {
                order.push("its norm");
            }
            // A norm of the block before is this one's input.
            let behind_norm = normed && (wrapping.residual == Residual::Normed || !wrapping.entrance);
            handed.push((
                wrapping.handed.is_some(),
                match wrapping.residual {
                    Residual::None => "none",
                    _ if behind_norm => "normed",
                    _ => "input",
                },
            ));
            let norms = [wrapping.output, wrapping.behind].into_iter().filter(|norm| *norm).map(|_| "norm");
            let before = order.len();
            order.extend(norms);
            normed = order.len() > before;
        }
        (order, handed)
    }
}
