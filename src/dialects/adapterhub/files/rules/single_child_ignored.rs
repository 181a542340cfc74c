use super::super::facts::composition::{Child, setups};
use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A child of type `single` names more than one adapter.
    ///
    /// ## Why is this bad
    /// The adapters library takes only the first item, or the first letter of a string. For several adapters there are
    /// blocks such as Stack.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_setup": {"type": "Stack", "children": [{"type": "single", "children": ["a", "b"]}]},
    ///  "head_setup": null}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows how the adapters belong together.
    SingleChildIgnored, Warning, Unnecessary
}

impl SingleChildIgnored {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for setup in setups(subject) {
            for block in setup.block.all() {
                for child in &block.children {
                    if let Child::Name { rest: Some((pointer, span)) } = child {
                        report
                            .add(
                                Self::INFO,
                                pointer,
                                *span,
                                "a `single` holds one adapter, so only its first item is read",
                            )
                            .help("use a block such as Stack for several adapters");
                    }
                }
            }
        }
    }
}
