use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::{Flatness, add};
use crate::findings::{Report, rule};

rule! {
    /// The config says how prefixes are kept, and the file has them otherwise.
    ///
    /// ## Why is this bad
    /// Prefixes are either computed by a small network (`"flat": false`) or kept as they are (`"flat": true`).
    /// `eject_prefix_tuning` turns the former into the latter and leaves the config as it was; what it saves cannot be
    /// loaded: the library builds a new random network, leaves the prefixes in the file out, and says so only at the
    /// level INFO.
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
                let message = "the prefixes are flat, and the config says `\"flat\": false`; they are not loaded";
                add(report, Self::INFO, name, message).help("write `\"flat\": true` into the config");
            }
            Some((Flatness::Mapped, name)) => {
                let message =
                    "the prefixes are those of a network, and the config says `\"flat\": true`; they are not loaded";
                add(report, Self::INFO, name, message).help("write `\"flat\": false` into the config");
            }
            None => {}
        }
    }
}
