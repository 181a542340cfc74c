use super::super::facts::composition::setups;
use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A composition block is nested in one that cannot hold it.
    ///
    /// ## Why is this bad
    /// The adapters library has a table of which block may be nested in which; for any other nesting it raises a
    /// `ValueError` when the setup is activated.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_setup": {"type": "Stack", "children": [
    ///   {"type": "Stack", "children": [{"type": "single", "children": ["a"]}]}]}, "head_setup": null}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows what was meant. A Stack in a Stack can be written as a single Stack.
    CompositionNestedWrongly, Error
}

impl CompositionNestedWrongly {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for setup in setups(subject).iter().filter(|setup| !setup.of_heads) {
            for block in setup.block.all() {
                let Some(parent) = block.kind else { continue };
                for child in block.blocks() {
                    let Some(kind) = child.kind.filter(|kind| !parent.may_hold().contains(kind)) else { continue };
                    let message = format!("`{}` cannot be nested in `{}`", kind.name(), parent.name());
                    let names: Vec<_> = parent.may_hold().iter().map(|kind| kind.name()).collect();
                    let finding = report.add(Self::INFO, &child.pointer, child.heading(), message);
                    finding.help(format!("`{}` holds single adapters and {}", parent.name(), names.join(", ")));
                }
            }
        }
    }
}
