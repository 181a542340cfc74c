use super::key_refused_by_release::misspelt;
use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::release::edits::with;
use crate::dialects::adapterhub::view::{ConfigView, default_of};
use crate::document::Span;
use crate::document::write::to_json;
use crate::findings::{Fix, Report, rule};
use crate::value::Value;

rule! {
    /// A key is missing that the target release requires, and for which later releases have a default.
    ///
    /// ## Why is this bad
    /// Up to adapter-transformers 2.3.0 a bottleneck config must have ten keys; the constructor raises a `TypeError`
    /// without one. adapter-transformers 1.x also needs the `type` of the adapter in the file around the config, and
    /// raises a `KeyError` without it.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu"}
    /// ```
    ///
    /// for `adapter-transformers@2.3.0`.
    ///
    /// ## Fix safety
    /// The fix writes the default of later releases, which is what the file means there. There is none as long as a key
    /// that no release has may be the missing one, misspelt. The `type` is only suggested:
    /// with it the release reads the file, but looks for the weights under other names, and goes on without them.
    /// `convert` takes care of both.
    KeyRequiredByRelease, Error
}

impl KeyRequiredByRelease {
    pub(crate) fn check(subject: &Subject<'_>, report: &mut Report) {
        let release = subject.release;
        for config in &subject.configs {
            let own = config.method.required();
            let missing = config.required().iter().filter(|key| !own.contains(key) && config.written(key).is_none());
            let missing: Vec<&str> = missing.copied().collect();
            let Some(first) = missing.first() else { continue };
            let list = missing.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            let default =
                |key: &&str| to_json(default_of(config.method, key).unwrap_or(&Value::Null)).trim().to_owned();
            let members: Vec<_> = missing.iter().map(|key| (*key, default(key))).collect();
            let start = config.node.span.start;
            let message = format!("{release} raises a `TypeError` without {list}, for which it has no default");
            let finding = report.add(Self::INFO, config.pointer_of(first), Span::new(start, start + 1), message);
            let mut slips = config.node.members().iter().filter(|member| {
                misspelt(config, member).is_some_and(|near| missing.contains(&near)) && !member.node.is_nothing()
            });
            // With the default beside it, nobody would look at the misspelt key again.
            if let Some(slip) = slips.next() {
                finding.help(format!("`{}` may be meant to be one of them", slip.key));
                continue;
            }
            finding.help("write the default of later releases");
            let edit = with(subject.document, config.node, &members);
            finding.fix = edit.map(|edit| Fix { title: format!("Add {list}"), safe: true, edits: vec![edit] });
        }
        if subject.kind == FileKind::AdapterConfig && release.refuses_unknown_keys() && subject.is_saved_adapter() {
            Self::check_type(subject, report);
        }
    }

    fn check_type(subject: &Subject<'_>, report: &mut Report) {
        let release = subject.release;
        let parts = ["block_type", "non_linearity", "reduction_factor"];
        let nested = |config: &ConfigView<'_>| {
            config
                .node
                .get("invertible_adapter")
                .is_some_and(|nested| parts.iter().all(|part| nested.get(part).is_some()))
        };
        let invertible = || subject.configs.iter().any(nested);
        match subject.root.member("type") {
            None if subject.root.is_map() => {
                let start = subject.root.span.start;
                let message = format!("{release} raises a `KeyError` without the `type` of the adapter");
                let finding = report.add(Self::INFO, "/type", Span::new(start, start + 1), message);
                finding.help(format!(
                    "the weights also have other names there; `adapter-lint convert SRC DST --to {}` writes both",
                    release.to_string().replace(' ', "@")
                ));
                let kind = if invertible() { "\"text_lang\"" } else { "\"text_task\"" };
                let edit = with(subject.document, subject.root, &[("type", kind.to_owned())]);
                finding.fix =
                    edit.map(|edit| Fix { title: format!("Add `\"type\": {kind}`"), safe: false, edits: vec![edit] });
            }
            Some(member) if !member.node.as_str().is_some_and(|kind| matches!(kind, "text_task" | "text_lang")) => {
                let message = format!(
                    "{release} knows only the types \"text_task\" and \"text_lang\", and raises a `ValueError`"
                );
                report.add(Self::INFO, "/type", member.node.span, message);
            }
            Some(member) if member.node.as_str() == Some("text_lang") && !invertible() => {
                let message = format!(
                    "an adapter of type \"text_lang\" fails in {release} without a complete `invertible_adapter` \
                     (`block_type`, `non_linearity`, `reduction_factor`)"
                );
                report.add(Self::INFO, "/type", member.node.span, message).help("write \"text_task\"");
            }
            _ => {}
        }
    }
}
