use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::words::said;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// The target release takes the `architecture` for that of a bottleneck adapter.
    ///
    /// ## Why is this bad
    /// Up to adapters 1.1.1 a config with an unknown `architecture` is read as a bottleneck adapter. This one has the
    /// keys of a bottleneck adapter, so the release builds that instead of what the file names.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "bottleneck", "mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu"}
    /// ```
    ///
    /// for `adapters@1.0.1`.
    ///
    /// ## Fix safety
    /// There is no fix: either the name or the keys are wrong.
    ArchitectureIgnoredByRelease, Warning
}

impl ArchitectureIgnoredByRelease {
    pub(crate) fn check(subject: &Subject<'_>, report: &mut Report) {
        let release = subject.release;
        if release.refuses_unknown_keys() {
            return;
        }
        for config in subject.of(Method::Bottleneck) {
            let Some(member) = config.node.member("architecture") else { continue };
            let value = member.node.to_value();
            if value == Value::Null || release.is_since(super::super::facts::since::REFUSES_ARCHITECTURES) {
                continue;
            }
            let message =
                format!("{release} builds a bottleneck adapter for the `architecture` {}", said(&member.node));
            report
                .add(Self::INFO, config.pointer_of("architecture"), member.node.span, message)
                .help("remove it if a bottleneck adapter is meant");
        }
    }
}
