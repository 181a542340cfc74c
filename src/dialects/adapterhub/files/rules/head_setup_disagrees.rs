use super::super::facts::composition::{Block, BlockType, setups};
use crate::dialects::adapterhub::Subject;
use crate::findings::words::counted_as;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// The heads of a setup do not match its adapters.
    ///
    /// ## Why is this bad
    /// Parallel adapters need as many heads as there are copies of the input, and a Parallel of heads needs as many
    /// adapters. The sizes of a BatchSplit of heads must add up to the same batch as those of a BatchSplit of adapters.
    /// Otherwise the forward pass fails.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_setup": {"type": "Parallel", "children": [
    ///   {"type": "single", "children": ["a"]}, {"type": "single", "children": ["b"]}]}, "head_setup": ["a"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    HeadSetupDisagrees, Error
}

impl HeadSetupDisagrees {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let setups = setups(subject);
        let Some(adapters) = setups.iter().find(|setup| !setup.of_heads).map(|setup| &setup.block) else { return };
        let Some(node) = subject.root.get("head_setup") else { return };
        let block = setups.iter().find(|setup| setup.of_heads).map(|setup| &setup.block);
        if let Some(heads) = block.filter(|block| block.kind == Some(BlockType::BatchSplit)) {
            if let (Some(batch), Some(total)) = (batch_of(heads), batch_of(adapters))
                && batch != total
            {
                let message = format!("the heads split a batch of {batch}, but the adapters split one of {total}");
                let finding = report.add(Self::INFO, "/head_setup/kwargs/batch_sizes", heads.heading(), message);
                for block in adapters.all() {
                    if let Some((sizes, _)) = block.argument("batch_sizes") {
                        finding.also(sizes.span, "the sizes of the adapters");
                    }
                }
            }
            return;
        }
        let heads = match node.to_value() {
            Value::String(name) if !name.is_empty() => 1,
            Value::List(items) if !items.is_empty() => items.len(),
            Value::Map(_) => block.map_or(0, |block| block.children.len()),
            _ => return,
        };
        let channels = adapters.channels();
        let is_parallel = channels > 1 || block.is_some_and(|block| block.kind == Some(BlockType::Parallel));
        if is_parallel && heads > 0 && heads != channels {
            let message = format!(
                "{} for {}",
                counted_as(heads, "head", "heads"),
                counted_as(channels, "parallel adapter", "parallel adapters")
            );
            let place = adapters.node.get("children").unwrap_or(adapters.node).span;
            report.add(Self::INFO, "/head_setup", node.span, message).also(place, "the adapters");
        }
    }
}

/// The batch that a composition splits, if it splits the whole one.
fn batch_of(block: &Block<'_>) -> Option<i64> {
    match block.kind? {
        BlockType::BatchSplit => Some(block.sizes()?.iter().fold(0i64, |sum, size| sum.saturating_add(*size))),
        BlockType::Parallel | BlockType::MultiTask => None,
        _ => block.blocks().find_map(batch_of),
    }
}
