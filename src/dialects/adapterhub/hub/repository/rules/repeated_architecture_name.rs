use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::repository::InRepository;
use crate::findings::{Report, rule};

rule! {
    /// Two architectures have the same name.
    ///
    /// ## Why is this bad
    /// The Hub's `generate.py` stops with `ValueError: Duplicate adapter architecture name` and builds nothing.
    ///
    /// ## Example
    /// ```yaml
    /// # architectures/pfeiffer.yaml and architectures/other.yaml
    /// name: pfeiffer
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows the right name.
    RepeatedArchitectureName, Error
}

impl RepeatedArchitectureName {
    pub(super) fn check(subject: &InRepository<'_>, report: &mut Report) {
        let Some((name, node)) = subject.own(FileKind::HubArchitecture, "name") else { return };
        if let Some(first) = subject.earlier(subject.repository.architectures.get(name)) {
            let message = format!("`{}` also has the name `{name}`", subject.repository.path(first));
            report.add(Self::INFO, "/name", node.span, message);
        }
    }
}
