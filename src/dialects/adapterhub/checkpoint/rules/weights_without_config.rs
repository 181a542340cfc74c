use crate::dialects::adapterhub::checkpoint::Role;
use crate::dialects::adapterhub::checkpoint::Subject;
use crate::findings::{Report, rule};

rule! {
    /// The weights have no config beside them.
    ///
    /// ## Why is this bad
    /// The adapters library cannot tell which modules to build: it raises an `OSError` for an adapter and a
    /// `FileNotFoundError` for an AdapterFusion. A head is loaded without checks, into a head of the same name that
    /// must already exist.
    ///
    /// ## Example
    /// ```text
    /// pytorch_adapter.bin    and no adapter_config.json beside it
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix. `adapter-lint inspect` shows what the names and shapes of the tensors reveal about the config.
    WeightsWithoutConfig, Error
}

impl WeightsWithoutConfig {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.config.is_none() {
            let config = subject.role.config_name();
            let message = format!("there is no `{config}` beside these weights");
            let finding = report.about_tensor(Self::INFO, "", message);
            finding.help("put the config that was saved with them there");
            if subject.role == Role::Head {
                finding.severity = crate::findings::Severity::Warning;
            }
        }
    }
}
