use super::super::facts::composition::{BlockType, setups};
use crate::dialects::adapterhub::Subject;
use crate::findings::Severity;
use crate::findings::words::described;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// The sizes of a Split or BatchSplit are not integers, or are not positive.
    ///
    /// ## Why is this bad
    /// The adapters library adds the sizes up, compares the sum with the input's length, and slices the input by them.
    /// So they must be integers, and since no input has a length of 0 or less, their sum must be positive. A single
    /// size of 0 or less leaves an adapter without input, which is a warning; a head without input fails.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_setup": {"type": "Split", "children": [], "kwargs": {"splits": ["4", "4"]}}, "head_setup": null}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the sizes depend on the input.
    CompositionSizesUnusable, Error
}

impl CompositionSizesUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for setup in setups(subject) {
            for block in setup.block.all() {
                let Some(key) = block.kind.and_then(BlockType::sizes_key) else { continue };
                let Some((node, pointer)) = block.argument(key) else { continue };
                let Some(sizes) = block.sizes() else {
                    let message = match node.to_value() {
                        Value::List(_) => format!("`{key}` must hold integers only"),
                        other => {
                            format!("`{key}` must be a list of integers or one integer, not {}", described(&other))
                        }
                    };
                    report.add(Self::INFO, pointer, node.span, message);
                    continue;
                };
                let is_empty = block.children.is_empty() && !node.is_list();
                if sizes.iter().try_fold(0i64, |sum, size| sum.checked_add(*size)).is_none_or(|sum| sum <= 0)
                    && !is_empty
                {
                    report.add(Self::INFO, pointer, node.span, format!("the sizes in `{key}` add up to 0 or less"));
                } else if sizes.iter().any(|size| *size <= 0) {
                    let finding = report.add(
                        Self::INFO,
                        pointer,
                        node.span,
                        format!("`{key}` contains a size that is not positive"),
                    );
                    if !setup.of_heads {
                        finding.severity = Severity::Warning;
                    }
                }
            }
        }
    }
}
