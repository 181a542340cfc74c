use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::repository::InRepository;
use crate::findings::{Report, Severity, rule};

rule! {
    /// The file of an architecture's card is not named after the architecture.
    ///
    /// ## Why is this bad
    /// The Hub's scripts open `architectures/<using>.yaml` to build an adapter's config and stop with a
    /// `FileNotFoundError`. As long as no adapter uses the architecture, this is a warning.
    ///
    /// ## Example
    /// ```yaml
    /// # architectures/double.yaml
    /// name: houlsby
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: rename either the file or the architecture.
    MisnamedArchitectureFile, Error
}

impl MisnamedArchitectureFile {
    pub(super) fn check(subject: &InRepository<'_>, report: &mut Report) {
        let Some((name, node)) = subject.own(FileKind::HubArchitecture, "name") else { return };
        if name.is_empty() || subject.place.file == format!("{name}.yaml") {
            return;
        }
        let message = format!("the Hub looks for `{name}` in `{name}.yaml`, not in `{}`", subject.place.file);
        let finding = report.add(Self::INFO, "/name", node.span, message);
        if !subject.repository.of(FileKind::HubAdapter).any(|(_, adapter)| adapter.using() == Some(name)) {
            finding.severity = Severity::Warning;
        }
    }
}
