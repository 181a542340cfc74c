use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::view::python_eq;
use crate::lint::{Report, rule};
use crate::value::Value;

rule! {
    /// A key that the library reads but does not save.
    ///
    /// ## Why is this bad
    /// These keys are attributes of the library's classes and no fields of its configs, which is a bug of the library:
    /// the adapter is built with the value, and saved without it. When it is loaded again it computes something else.
    /// A saved DiReFT adapter (`subtract_projection: false`) comes back as NoReFT.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "reft", "layers": "all", "prefix_positions": 3, "suffix_positions": 0, "r": 1,
    ///  "orthogonality": false, "subtract_projection": false}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: without the key the adapter is another one.
    LostOnSave, Error
}

/// For a key that the library reads though the method has no such field: the value that it has without it.
pub(super) fn reads_unsaved(method: Method, key: &str) -> Option<Value> {
    match (method, key) {
        (Method::Reft, "subtract_projection") => Some(Value::Bool(true)),
        (Method::Reft, "leave_out") => Some(Value::List(Vec::new())),
        _ => None,
    }
}

impl LostOnSave {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.methods() {
            for member in config.node.members() {
                let Some(without) = reads_unsaved(config.method, &member.key) else { continue };
                if python_eq(&member.node.to_value(), &without) {
                    continue;
                }
                report
                    .add(
                        Self::INFO,
                        config.pointer_of(&member.key),
                        member.key_span,
                        format!("`{}` works until the adapter is saved: it is not written, and is gone on reload", member.key),
                    )
                    .help("set it again each time the adapter is loaded, or choose a config without it");
            }
        }
    }
}
