use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::Flatness;
use crate::findings::{Report, rule};

rule! {
    /// The config and the file disagree about how prefixes are stored.
    ///
    /// ## Why is this bad
    /// Prefixes are either computed by a small network (`"flat": false`) or stored as they are (`"flat": true`).
    /// `eject_prefix_tuning` turns the former into the latter but leaves the config unchanged, so what it saves cannot
    /// be loaded: the adapters library builds a new random network, ignores the prefixes in the file, and logs this
    /// only at level INFO.
    ///
    /// ## Example
    /// ```text
    /// bert.prefix_tuning.prefix_tunings.a.self_prefix.control_trans    with "flat": false
    /// ```
    ///
    /// ## Fix safety
    /// For ejected prefixes, `"flat": true` makes the library load them; prompts and results stay.
    PrefixFlatnessDisagrees, Error
}

impl PrefixFlatnessDisagrees {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(comparison) = subject.comparison() else { return };
        match comparison.prefixes_of_other_kind() {
            Some((Flatness::Flat, name)) => {
                let message = "the prefixes are flat, but the config says `\"flat\": false`, so they are not loaded";
                report.about_tensor(Self::INFO, name, message).help("set `\"flat\": true` in the config");
            }
            Some((Flatness::Mapped, name)) => {
                let message =
                    "the prefixes are those of a network, but the config says `\"flat\": true`, so they are not loaded";
                report.about_tensor(Self::INFO, name, message).help("set `\"flat\": false` in the config");
            }
            None => {}
        }
    }
}
