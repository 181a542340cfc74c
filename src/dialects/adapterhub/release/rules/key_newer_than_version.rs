use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::release::Release;
use crate::dialects::adapterhub::release::facts::first_with;
use crate::findings::{Report, rule};

rule! {
    /// A key did not exist yet in the release that, by its `version`, saved the file.
    ///
    /// ## Why is this bad
    /// A library only writes keys that it has. If there is a newer one, either the file or its `version` was changed by
    /// hand or by a tool, and newer releases decide by the version how to read the file.
    ///
    /// ## Example
    /// ```json
    /// {"name": "sst-2", "config": {"architecture": "lora", "r": 8, "alpha": 16, "use_dora": true}, "version": "adapters.1.0.1"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: either the key or the version is wrong.
    KeyNewerThanVersion, Warning
}

impl KeyNewerThanVersion {
    pub(crate) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(version) = subject.saved_member("version") else { return };
        let Some(saved) = version.node.as_str().and_then(|version| Release::that_saved(Some(version))) else { return };
        for config in subject.configs.iter().filter(|config| config.method != Method::Union) {
            for member in config.node.members() {
                let Some(first) = first_with(config.method, &member.key) else { continue };
                if saved.is_since(first) {
                    continue;
                }
                let message =
                    format!("by its `version` this file was saved by {saved}, but `{}` came with {first}", member.key);
                let finding = report.add(Self::INFO, config.pointer_of(&member.key), member.key_span, message);
                finding.also(version.node.span, "the version");
                finding.help("write the version of the library that saved the file, or remove the key");
            }
        }
    }
}
