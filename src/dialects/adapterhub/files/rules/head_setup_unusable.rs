use super::super::facts::composition::setups;
use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::findings::words::described;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// The library cannot find heads by the value of `head_setup`.
    ///
    /// ## Why is this bad
    /// It must be the name of a head, a list of names, a block of names, true for the model's only head, or null. Each
    /// name is joined to the path of the folder, which fails for anything but a string, and therefore also for a block
    /// within a block.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_setup": {"type": "Parallel", "children": []}, "head_setup": ["a", 1]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    HeadSetupUnusable, Error
}

impl HeadSetupUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.kind != FileKind::AdapterSetup {
            return;
        }
        let Some(node) = subject.root.get("head_setup") else { return };
        match node.to_value() {
            Value::Int(_) | Value::Float(_) if crate::python::node_is_true(node) => {
                let message = format!("`head_setup` must name heads, not be {}", described(&node.to_value()));
                report.add(Self::INFO, "/head_setup", node.span, message);
            }
            Value::List(_) => {
                for (index, item) in node.items().iter().enumerate() {
                    if item.as_str().is_none_or(str::is_empty) {
                        let message =
                            format!("the name of a head must be a string, not {}", described(&item.to_value()));
                        report.add(Self::INFO, format!("/head_setup/{index}"), item.span, message);
                    }
                }
            }
            Value::Map(_) => {
                for setup in setups(subject).iter().filter(|setup| setup.of_heads) {
                    for block in setup.block.blocks() {
                        report.add(
                            Self::INFO,
                            &block.pointer,
                            block.node.span,
                            "a block cannot stand in for the name of a head",
                        );
                    }
                }
            }
            _ => {}
        }
    }
}
