use super::super::facts::composition::{Child, setups};
use crate::dialects::adapterhub::Subject;
use crate::document::pointer;
use crate::findings::words::described;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// A child of a composition block is neither a block nor a single adapter.
    ///
    /// ## Why is this bad
    /// A child is an object: a block, or `{"type": "single", "children": ["name"]}`. The adapters library takes the
    /// first child of a `single`, which must be the name of an adapter; for anything else it raises an error.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_setup": {"type": "Stack", "children": ["a", "b"]}, "head_setup": null}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    CompositionChildUnusable, Error
}

impl CompositionChildUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for setup in setups(subject) {
            for block in setup.block.all() {
                if let Some(children) = block.node.get("children") {
                    let usable = match children.to_value() {
                        Value::List(_) => true,
                        Value::Map(map) => map.is_empty(),
                        Value::String(text) => text.is_empty(),
                        _ => false,
                    };
                    if !usable {
                        let message = format!("`children` must be a list, not {}", described(&children.to_value()));
                        report.add(Self::INFO, pointer::push(&block.pointer, "children"), children.span, message);
                    }
                }
                for child in &block.children {
                    if let Child::Unusable { pointer, span, message } = child {
                        report.add(Self::INFO, pointer, *span, message);
                    }
                }
            }
        }
    }
}
