use super::super::facts::composition::{BlockType, setups};
use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};

rule! {
    /// Composition blocks are nested too deeply.
    ///
    /// ## Why is this bad
    /// Below the second level the adapters library allows only a Stack of adapters, and raises a `ValueError` for any
    /// other block.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_setup": {"type": "Stack", "children": [
    ///   {"type": "Split", "children": [
    ///     {"type": "Average", "children": [{"type": "single", "children": ["a"]}, {"type": "single", "children": ["b"]}]},
    ///     {"type": "single", "children": ["c"]}], "kwargs": {"splits": [4, 4]}}]}, "head_setup": null}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    CompositionTooDeep, Error
}

impl CompositionTooDeep {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for setup in setups(subject).iter().filter(|setup| !setup.of_heads) {
            for block in setup.block.all() {
                if let Some(kind) = block.kind.filter(|kind| block.level > 1 && *kind != BlockType::Stack) {
                    let message = format!(
                        "`{}` is nested too deeply: below the second level only a Stack of adapters is allowed",
                        kind.name()
                    );
                    report.add(Self::INFO, &block.pointer, block.heading(), message);
                }
            }
        }
    }
}
