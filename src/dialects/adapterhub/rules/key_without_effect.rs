use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::view::fields;
use crate::findings::{Report, rule};

rule! {
    /// Given the other keys, a key's value changes nothing.
    ///
    /// ## Why is this bad
    /// The value differs from the default, so someone meant something by it, but in this config the adapters library
    /// does not read the key, or computes the same whatever its value.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu", "phm_dim": 8}
    /// ```
    ///
    /// ## Fix safety
    /// Removing the key does not change the meaning, but the mistake may be in the other key, so it is only suggested.
    KeyWithoutEffect, Warning, Unnecessary
}

impl KeyWithoutEffect {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.methods() {
            // That nothing is adapted is said once.
            if !config.adapts_layers(subject.model.as_ref()) && !config.is_true("inv_adapter") {
                continue;
            }
            for (key, _) in fields(config.method) {
                let Some(member) = config.written(key).filter(|_| config.differs(key)) else { continue };
                let Some(idle) = config.idle(key, subject.model.as_ref()) else { continue };
                let already = subject.flaws().iter().any(|flaw| flaw.pointer == config.pointer_of(key));
                if !already {
                    let message = format!("`{key}` has no effect: {}", idle.reason());
                    report
                        .add(Self::INFO, config.pointer_of(key), member.key_span, message)
                        .help("remove the key, or change the other")
                        .remove_key(subject.document, false);
                }
            }
        }
    }
}
