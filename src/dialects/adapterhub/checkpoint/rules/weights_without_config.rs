use crate::dialects::adapterhub::checkpoint::Role;
use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::add;
use crate::findings::{Report, rule};

rule! {
    /// Weights without the config that belongs to them.
    ///
    /// ## Why is this bad
    /// The library cannot tell which modules to build: it raises an `OSError` for an adapter and a `FileNotFoundError`
    /// for an AdapterFusion. A head is loaded blindly, into a head of the same name that has to be there.
    ///
    /// ## Example
    /// ```text
    /// pytorch_adapter.bin    and no adapter_config.json beside it
    /// ```
    ///
    /// ## Fix safety
    /// There is none. `adapter-lint inspect` shows what the names and shapes of the tensors tell of the config.
    WeightsWithoutConfig, Error
}

impl WeightsWithoutConfig {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.config.is_none() {
            let config = subject.role.config_name();
            let message = format!("there is no `{config}` beside these weights");
            let finding = add(report, Self::INFO, "", message);
            finding.help("put the config there that was saved with them");
            if subject.role == Role::Head {
                finding.severity = crate::findings::Severity::Warning;
            }
        }
    }
}
