use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::load::version::is_before_1_1_0;
use crate::findings::words::said;
use crate::findings::{Report, rule};

rule! {
    /// A `version` that the library cannot read.
    ///
    /// ## Why is this bad
    /// Since 1.1.0 the adapters library reads the version to repair files of faulty releases. It calls `.startswith` on
    /// it, which fails for anything but a string, and parses what follows `adapters.` as a Python version, which raises
    /// an `InvalidVersion` if it is not one.
    ///
    /// ## Example
    /// ```json
    /// {"name": "sst-2", "config": {"architecture": "lora"}, "version": null}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the version decides how the config is read.
    VersionMalformed, Error
}

impl VersionMalformed {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(member) = subject.saved_member("version") else { return };
        let reason = match member.node.as_str() {
            None => format!("it must be a string, not {}", said(&member.node)),
            Some(text) => match text.strip_prefix("adapters.") {
                Some(version) if is_before_1_1_0(version).is_none() => format!("\"{version}\" is not a Python version"),
                _ => return,
            },
        };
        report
            .add(Self::INFO, "/version", member.node.span, format!("the library cannot read this version: {reason}"))
            .help(
                "write it as the library does, such as \"adapters.1.3.0\"; omit the key only in files of \
                 adapter-transformers 1 and 2",
            );
    }
}
