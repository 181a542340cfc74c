use crate::dialects::peft::defaults::target_modules;
use crate::dialects::peft::release::Subject;
use crate::dialects::peft::releases::targets::before;
use crate::findings::{Report, Severity, rule};

rule! {
    /// A config without `target_modules`, and a model type for which the target release has no default.
    ///
    /// ## Why is this bad
    /// If a config has no `target_modules`, PEFT looks the model's type up in a table, which grows from release to
    /// release. A type that is not in it raises a `ValueError`. A few entries have changed: then the release adapts
    /// different modules from the newest, and the tensors of one do not fit into the other.
    ///
    /// ## Example
    /// On a Qwen2, which PEFT supports since 0.12.0:
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "lora_alpha": 16}
    /// ```
    ///
    /// for `peft@0.11.1`.
    ///
    /// ## Fix safety
    /// There is no fix: the config does not show which modules the weights are for.
    TargetsNewerThanPeftRelease, Error
}

impl TargetsNewerThanPeftRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(kind) = subject.model.map(|model| model.model_type.as_str()) else { return };
        let written = subject.root.member("target_modules");
        if !subject.has_method() || written.is_some_and(|member| !member.node.is_null()) {
            return;
        }
        let newest = subject.method().and_then(|method| target_modules(method, kind));
        let (Some(before), Some(newest)) = (before(subject.release, subject.peft_type, kind), newest) else {
            return;
        };
        let (release, until) = (subject.release, before.until);
        let message = match before.names {
            None => format!(
                "there is no `target_modules`, and {release} has no default for `{kind}`; it raises a `ValueError`"
            ),
            Some(names) => format!(
                "there is no `target_modules`: for `{kind}`, {release} uses `{names}`, but {until} and later use something else"
            ),
        };
        let (pointer, span) = written
            .map_or((String::new(), subject.root.span), |member| ("/target_modules".to_owned(), member.node.span));
        let finding = report.add(Self::INFO, pointer, span, message);
        let newest = serde_json::to_string(&newest).unwrap_or_default();
        finding.help(format!("write `target_modules`, for which {until} uses {newest}"));
        if before.names.is_some() {
            finding.severity = Severity::Warning;
        }
    }
}
