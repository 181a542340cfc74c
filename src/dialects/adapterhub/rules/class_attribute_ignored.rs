use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::{Report, rule};

rule! {
    /// A key that the library's own classes can set, but a file cannot.
    ///
    /// ## Why is this bad
    /// `subtract_projection` and `random_uniform_scale` are attributes of the adapters library's classes but not fields
    /// of its configs, so they are neither saved nor read; this is a bug in the library. DiReFT differs from NoReFT
    /// only in `subtract_projection`, so a saved DiReFT adapter always comes back as NoReFT.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "reft", "layers": "all", "prefix_positions": 3, "suffix_positions": 0, "r": 1,
    ///  "orthogonality": false, "subtract_projection": false}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the file cannot say what was meant.
    ClassAttributeIgnored, Warning, Unnecessary
}

/// Whether the library's class has an attribute of this name that its configs lack.
pub(super) fn is_class_attribute(method: Method, key: &str) -> bool {
    matches!((method, key), (Method::Reft, "subtract_projection") | (Method::PromptTuning, "random_uniform_scale"))
}

impl ClassAttributeIgnored {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.methods() {
            for member in config.node.members().iter().filter(|member| is_class_attribute(config.method, &member.key)) {
                let finding = report.add(
                    Self::INFO,
                    config.pointer_of(&member.key),
                    member.key_span,
                    format!("`{}` cannot be set in a file: the library ignores it", member.key),
                );
                finding.help(match config.method {
                    Method::Reft => "for DiReFT, add the adapter in code with the library's `DiReftConfig`",
                    _ => "set it on the config object in code",
                });
            }
        }
    }
}
