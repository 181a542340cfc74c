use super::super::facts::composition::{BlockType, setups};
use super::super::facts::python::number;
use crate::dialects::adapterhub::Subject;
use crate::findings::words::described;
use crate::findings::{Report, rule};
use crate::python::node_is_true;
use crate::value::Value;

rule! {
    /// The weights of an Average cannot be used.
    ///
    /// ## Why is this bad
    /// The adapters library makes a tensor of the weights and, unless `normalize_weights` is false, divides them by
    /// their sum. They must be a list of numbers, and if they are normalised, their sum must not be 0.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_setup": {"type": "Average", "children": [], "kwargs": {"weights": [1, -1]}}, "head_setup": null}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    CompositionWeightsUnusable, Error
}

impl CompositionWeightsUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for setup in setups(subject) {
            for block in setup.block.all().into_iter().filter(|block| block.kind == Some(BlockType::Average)) {
                let Some((node, pointer)) = block.argument("weights") else { continue };
                let normalizes = block.argument("normalize_weights").is_none_or(|(node, _)| node_is_true(node));
                let message = match node.to_value() {
                    Value::Null => continue,
                    Value::List(items) => match items.iter().map(number).collect::<Option<Vec<_>>>() {
                        None => "the weights must be numbers".to_owned(),
                        Some(numbers) if normalizes && !numbers.is_empty() && numbers.iter().sum::<f64>() == 0.0 => {
                            "the weights are divided by their sum, which is 0".to_owned()
                        }
                        Some(_) => continue,
                    },
                    other => format!("`weights` must be a list of numbers, not {}", described(&other)),
                };
                report.add(Self::INFO, pointer, node.span, message);
            }
        }
    }
}
