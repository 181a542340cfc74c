use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Activation;
use crate::dialects::adapterhub::uses::Use;
use crate::findings::{Report, rule};

rule! {
    /// The name of an activation is written with capital letters.
    ///
    /// ## Why is this bad
    /// The adapters library accepts it, since it looks the name up in lower case. But the schema lists the names in
    /// lower case, and the config's hash depends on the spelling, so two files with the same meaning get different
    /// hashes.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "ReLU"}
    /// ```
    ///
    /// ## Fix safety
    /// The lower-case name means the same; only the hash changes.
    ActivationInCapitals, Note
}

impl ActivationInCapitals {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.methods() {
            let Some(member) = config.written("non_linearity") else { continue };
            let uses = Use::of(config.method, "non_linearity");
            let Some(name) = member.node.as_str() else { continue };
            let lower = name.to_lowercase();
            if uses == Use::Truth || lower == name || lower.parse::<Activation>().is_err() {
                continue;
            }
            report
                .add(
                    Self::INFO,
                    config.pointer_of("non_linearity"),
                    member.node.span,
                    format!("`{name}` is read as `{lower}`"),
                )
                .help("write it in lower case")
                .replace(member.node.span, format!("\"{lower}\""), format!("Write `{lower}`"));
        }
    }
}
