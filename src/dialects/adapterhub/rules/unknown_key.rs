use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::view::fields;
use crate::lint::{Report, rule};

rule! {
    /// A key that the method does not have.
    ///
    /// ## Why is this bad
    /// The library keeps it as an attribute that nothing reads, and drops it when the adapter is saved. A misspelt
    /// key leaves the key that was meant at its default.
    ///
    /// ## Example
    /// ```json
    /// {"reduction_facter": 4}
    /// ```
    ///
    /// ## Fix safety
    /// Renaming to the nearest key changes what the library computes, so it is only suggested.
    UnknownKey, Warning
}

impl UnknownKey {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.methods() {
            for member in config.node.members() {
                if fields(config.method).iter().all(|(key, _)| *key != member.key) {
                    report.add(Self::INFO, config.pointer_of(&member.key), member.key_span, format!("unknown key `{}`", member.key));
                }
            }
        }
    }
}
