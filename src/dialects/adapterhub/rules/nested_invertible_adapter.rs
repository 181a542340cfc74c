use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::document::Kind;
use crate::findings::{Report, rule};
use crate::python::node_is_true;

rule! {
    /// In a nested `invertible_adapter` of adapter-transformers 1.x, parts are missing or ignored.
    ///
    /// ## Why is this bad
    /// Later releases of the library read `block_type` and `reduction_factor` from it, raise a `KeyError` if one is
    /// missing, and ignore its `non_linearity`: the invertible adapter uses the `non_linearity` of the config around
    /// it. Both values take precedence over `inv_adapter` and `inv_adapter_reduction_factor` beside it.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": true, "output_adapter": true, "reduction_factor": 16, "non_linearity": "swish",
    ///  "invertible_adapter": {"block_type": "nice", "non_linearity": "relu"}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    NestedInvertibleAdapter, Error
}

impl NestedInvertibleAdapter {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.of(Method::Bottleneck) {
            let Some(member) = config.written("invertible_adapter") else { continue };
            if !node_is_true(&member.node) || !config.builds_invertible {
                continue;
            }
            let pointer = config.pointer_of("invertible_adapter");
            if !matches!(member.node.kind, Kind::Map(_)) {
                report
                    .add(Self::INFO, pointer, member.node.span, "`invertible_adapter` must be an object or null")
                    .help("write {\"block_type\": \"nice\", \"reduction_factor\": 2}, or use `inv_adapter`");
                continue;
            }
            for part in ["block_type", "reduction_factor"] {
                if member.node.get(part).is_none() {
                    report.add(
                        Self::INFO,
                        &pointer,
                        member.key_span,
                        format!("`invertible_adapter` has no `{part}`: the library raises a `KeyError`"),
                    );
                }
            }
        }
    }
}
