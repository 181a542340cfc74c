use super::super::facts::composition::{BlockType, setups};
use crate::dialects::adapterhub::Subject;
use crate::findings::Severity;
use crate::findings::words::counted_as;
use crate::findings::{Report, rule};

rule! {
    /// The number of an Average's weights differs from the number of its children.
    ///
    /// ## Why is this bad
    /// The tensor of weights is multiplied with the stacked outputs of the children, which fails if the numbers differ.
    /// A single weight is applied to all children alike, which is a warning.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_setup": {"type": "Average", "children": [{"type": "single", "children": ["a"]}],
    ///   "kwargs": {"weights": [0.5, 0.5]}}, "head_setup": null}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    CompositionWeightsDisagree, Error
}

impl CompositionWeightsDisagree {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for setup in setups(subject) {
            for block in setup.block.all().into_iter().filter(|block| block.kind == Some(BlockType::Average)) {
                let Some((node, pointer)) = block.argument("weights").filter(|(node, _)| node.is_list()) else {
                    continue;
                };
                let (weights, children) = (node.items().len(), block.children.len());
                if weights != children && children > 0 {
                    let message = format!(
                        "{} for {}",
                        counted_as(weights, "weight", "weights"),
                        counted_as(children, "child", "children")
                    );
                    let finding = report.add(Self::INFO, pointer, node.span, message);
                    if let Some(place) = block.node.get("children") {
                        finding.also(place.span, "the children");
                    }
                    if weights == 1 {
                        finding.severity = Severity::Warning;
                    }
                }
            }
        }
    }
}
