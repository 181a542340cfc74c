use super::super::facts::composition::{Block, BlockType, setups};
use crate::dialects::adapterhub::Subject;
use crate::document::Node;
use crate::findings::Severity;
use crate::findings::words::counted_as;
use crate::findings::{Report, rule};

rule! {
    /// The sizes of a Split or BatchSplit do not match its children or the block around it.
    ///
    /// ## Why is this bad
    /// Each child gets as much of the input as its size says. With more sizes than children, part of the input is lost,
    /// and the result no longer fits the model. With fewer, the remaining children get nothing, which is a warning. If
    /// a block is within another of its kind, its sizes must add up to its share.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_setup": {"type": "Split", "children": [{"type": "single", "children": ["a"]}],
    ///   "kwargs": {"splits": [4, 4]}}, "head_setup": null}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    CompositionSizesDisagree, Error
}

impl CompositionSizesDisagree {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for setup in setups(subject) {
            for block in setup.block.all() {
                judge_count(block, report);
                let (Some(kind), Some(sizes)) = (block.kind.filter(|kind| kind.sizes_key().is_some()), block.sizes())
                else {
                    continue;
                };
                for (child, share) in block.children.iter().zip(sizes) {
                    if let super::super::facts::composition::Child::Block(child) = child {
                        judge_share(child, kind, share, report);
                    }
                }
            }
        }
    }
}

fn judge_count(block: &Block<'_>, report: &mut Report) {
    let Some((node, pointer)) = block.kind.and_then(BlockType::sizes_key).and_then(|key| block.argument(key)) else {
        return;
    };
    let (Some(sizes), children) = (block.sizes().filter(|_| Node::is_list(node)), block.children.len()) else { return };
    let message =
        format!("{} for {}", counted_as(sizes.len(), "size", "sizes"), counted_as(children, "child", "children"));
    let place = block.node.get("children").map(|children| children.span);
    if sizes.iter().skip(children).any(|size| *size != 0) {
        let finding = report.add(CompositionSizesDisagree::INFO, pointer, node.span, message);
        if let Some(place) = place {
            finding.also(place, "the children");
        }
    } else if sizes.len() < children {
        let finding = report.add(CompositionSizesDisagree::INFO, pointer, node.span, message);
        finding.severity = Severity::Warning;
    }
}

/// A block of the same kind, within a part of the input, must cut up that part.
fn judge_share(block: &Block<'_>, kind: BlockType, share: i64, report: &mut Report) {
    if block.kind == Some(kind) {
        let key = kind.sizes_key().and_then(|key| block.argument(key));
        let (Some((node, pointer)), Some(sizes)) = (key, block.sizes()) else { return };
        let sum = sizes.iter().fold(0i64, |sum, size| sum.saturating_add(*size));
        if sum != share {
            let message = format!("the sizes add up to {sum}, but the block around gives it {share}");
            report.add(CompositionSizesDisagree::INFO, pointer, node.span, message);
        }
    } else if block.kind != Some(BlockType::MultiTask) {
        for child in block.blocks() {
            // A block of the other kind cuts along the other axis and leaves this one as it is.
            judge_share(child, kind, share, report);
        }
    }
}
