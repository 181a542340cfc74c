use super::super::facts::composition::{BlockType, setups};
use crate::dialects::adapterhub::Subject;
use crate::document::Node;
use crate::findings::Severity;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// A composition block has no children.
    ///
    /// ## Why is this bad
    /// The adapters library turns an empty block within another block into nothing, and then fails on it. An Average
    /// divides by the number of its children, and a Fuse looks for weights without a name. Otherwise the outermost
    /// block may be empty: no adapter is active then, which is a warning.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_setup": {"type": "Stack", "children": [{"type": "Parallel", "children": []}]}, "head_setup": null}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    CompositionEmpty, Error
}

impl CompositionEmpty {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for setup in setups(subject) {
            for block in setup.block.all() {
                let Some(children) = block.node.get("children").filter(|_| block.kind.is_some()) else { continue };
                let is_empty = children.members().is_empty() && children.items().is_empty();
                let holds_none =
                    children.is_list() || children.is_map() || children.as_str().is_some_and(str::is_empty);
                if !is_empty || !holds_none {
                    continue;
                }
                let name = block.kind.map_or("block", BlockType::name);
                let message = format!("this `{name}` has no children");
                let finding = report.add(Self::INFO, format!("{}/children", block.pointer), children.span, message);
                let has_weights =
                    block.argument("weights").is_some_and(|(node, _)| Node::to_value(node) != Value::Null);
                let fails = match block.kind {
                    Some(BlockType::Average) => !has_weights,
                    Some(BlockType::Fuse) => !setup.of_heads,
                    _ => false,
                };
                if block.level == 0 && !fails {
                    finding.severity = Severity::Warning;
                }
            }
        }
    }
}
