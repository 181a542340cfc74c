use crate::dialects::FileKind;
use crate::dialects::adapterhub::hub::CardSubject;
use crate::findings::{Report, rule};

rule! {
    /// A dependency's `key` is not of the form `organisation/file name without ending`.
    ///
    /// ## Why is this bad
    /// The Hub's schema describes this form, though nothing reads it. Several cards use the adapters library's form
    /// `task/subtask@organisation` instead, which does not say which of an organisation's adapters is meant.
    ///
    /// ## Example
    /// ```yaml
    /// dependencies:
    ///   - key: sw/wiki@ukp
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the name must be that of the other adapter's card.
    MalformedDependencyKey, Note
}

impl MalformedDependencyKey {
    pub(super) fn check(subject: &CardSubject<'_>, report: &mut Report) {
        let dependencies = if subject.kind == FileKind::HubAdapter { subject.at("/dependencies") } else { None };
        for (at, dependency) in dependencies.map_or(&[][..], |node| node.items()).iter().enumerate() {
            let Some(node) = dependency.get("key") else { continue };
            let Some(key) = node.as_str().filter(|key| !key.is_empty() && !is_path(key)) else { continue };
            let message = format!("`{key}` is not of the form `organisation/file name without ending`");
            let finding = report.add(Self::INFO, format!("/dependencies/{at}/key"), node.span, message);
            if key.ends_with(".yaml") || key.ends_with(".yml") {
                finding.help("omit the file's ending");
            } else {
                finding.help("write the path of the other adapter's card below `adapters`, without `.yaml`");
            }
        }
    }
}

fn is_path(key: &str) -> bool {
    let has_ending = key.ends_with(".yaml") || key.ends_with(".yml");
    let fits = |part: &str| !part.is_empty() && !part.contains(['/', '@', ' ']);
    !has_ending && key.split_once('/').is_some_and(|(organisation, name)| fits(organisation) && fits(name))
}
