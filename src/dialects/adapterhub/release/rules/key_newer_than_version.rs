use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::release::Release;
use crate::dialects::adapterhub::release::facts::{first_with, since};
use crate::findings::{Report, rule};

rule! {
    /// A key did not exist yet in the release that, by its `version`, saved the file.
    ///
    /// ## Why is this bad
    /// A library only writes keys that it has. If there is a newer one, either the file or its `version` was changed by
    /// hand or by a tool, and newer releases decide by the version how to read the file.
    ///
    /// The same is said of a number of `adapters` from 1.0 on without the prefix `adapters.`: adapter-transformers 1.x and
    /// 2.x, which had such numbers, wrote no version.
    ///
    /// ## Example
    /// ```json
    /// {"name": "sst-2", "config": {"architecture": "lora", "r": 8, "alpha": 16, "use_dora": true}, "version": "adapters.1.0.1"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix for a key: either it or the version is wrong. To write the prefix is not safe: newer releases read
    /// some files of old ones otherwise.
    KeyNewerThanVersion, Warning
}

impl KeyNewerThanVersion {
    pub(crate) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(version) = subject.saved_member("version") else { return };
        if let Some(meant) = version.node.as_str().and_then(without_prefix) {
            let text = format!("adapters.{}", meant.number());
            let message = format!("no library writes this `version`: {meant} writes `{text}`");
            let finding = report.add(Self::INFO, "/version", version.node.span, message);
            finding.suggest(version.node.span, format!("\"{text}\""), format!("Write `{text}`"));
            return;
        }
        let Some(saved) = subject.saved_by().filter(|saved| *saved != Release::NEWEST) else { return };
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

/// The release of `adapters` whose number a version is, without the prefix that it is written with.
fn without_prefix(version: &str) -> Option<Release> {
    if !version.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let is_own = |release: &Release| release.is_adapters() && release.number() == version;
    Release::all().find(is_own).filter(|release| release.is_since(since::NAMES_LIBRARY))
}
