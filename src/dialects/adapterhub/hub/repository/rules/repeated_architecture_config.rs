use crate::dialects::adapterhub::hub::repository::InRepository;
use crate::findings::{Report, rule};

rule! {
    /// Two architectures have the same config.
    ///
    /// ## Why is this bad
    /// The Hub's `generate.py` stops with `ValueError: Duplicate adapter architecture with id` and builds nothing. Keys
    /// whose value is false, zero, empty or null do not count, nor does the order of keys. For its first index the Hub
    /// uses `config_v1` where there is one; the configs may be equal only there.
    ///
    /// ## Example
    /// ```yaml
    /// # architectures/other.yaml, beside architectures/houlsby.yaml with the same config
    /// name: other
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: remove one of the two, and name the other in the adapters that use it.
    RepeatedArchitectureConfig, Error
}

impl RepeatedArchitectureConfig {
    pub(super) fn check(subject: &InRepository<'_>, report: &mut Report) {
        let Some(first) = subject.repository.equal_architectures.get(&subject.at) else { return };
        let Some(config) = subject.place.root.member("config") else { return };
        let message = format!("`{}` has the same config", subject.repository.path(*first));
        report
            .add(Self::INFO, "/config", config.key_span, message)
            .help("remove one of the two, and name the other in the cards that use it");
    }
}
