use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::release::Release;
use crate::dialects::adapterhub::release::edits::without;
use crate::dialects::adapterhub::release::facts::first_with;
use crate::dialects::adapterhub::view::{ConfigView, default_of, title_of};
use crate::document::Member;
use crate::findings::words::said;
use crate::findings::{Fix, Report, Severity, rule};
use crate::python::equal;

rule! {
    /// A key is newer than the target release.
    ///
    /// ## Why is this bad
    /// Since adapter-transformers 2.0.0 the libraries keep a key that they do not know as an attribute that nothing
    /// reads. If its value is not the default, the adapter computes something else there than with the newest release,
    /// or is trained differently. Of a key that holds its default, or that has no effect, this is only a note.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "lora", "r": 8, "use_dora": true}
    /// ```
    ///
    /// for `adapters@1.2.0`, which has no DoRA.
    ///
    /// ## Fix safety
    /// A key that holds its default, or that has no effect, is removed. There is no fix for others: without them the
    /// newest release would compute something else.
    KeyNewerThanRelease, Warning
}

impl KeyNewerThanRelease {
    pub(crate) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.release.refuses_unknown_keys() {
            return;
        }
        for config in &subject.configs {
            for member in newer_keys(config) {
                let release = subject.release;
                let Some(first) = first_with(config.method, &member.key) else { continue };
                let method = title_of(config.method);
                let message = format!("{release} ignores `{}`, a key of {method} since {first}", member.key);
                let at = config.pointer_of(&member.key);
                let finding = report.add(Self::INFO, at, member.key_span, message);
                if matters(subject, config, member) {
                    finding.help(format!(
                        "no key of {release} has the effect that {} has here; use {first} or later, or train without \
                         it",
                        said(&member.node)
                    ));
                } else {
                    finding.severity = Severity::Note;
                    finding.help("remove it: with this value it has no effect");
                    finding.fix = removal(subject, config, member);
                }
            }
        }
    }
}

/// The written keys that the newest release has and this one has not.
pub(super) fn newer_keys<'a>(config: &ConfigView<'a>) -> impl Iterator<Item = &'a Member> {
    let (release, method) = (config.release, config.method);
    config.node.members().iter().filter(move |member| {
        release != Release::NEWEST
            && method != Method::Union
            && member.key != "architecture"
            && first_with(method, &member.key).is_some()
            && !release.knows_key(method, &member.key)
    })
}

/// Whether the newest release computes something else with this key than without it, as far as that can be told.
pub(super) fn matters(subject: &Subject<'_>, config: &ConfigView<'_>, member: &Member) -> bool {
    let value = member.node.to_value();
    if default_of(config.method, &member.key).is_some_and(|default| equal(&value, default)) {
        return false;
    }
    let newest = config.for_newest();
    // What only decides how training starts is of no consequence where there are trained weights.
    if member.key == "init_weights_seed" && subject.is_saved_adapter() {
        return false;
    }
    newest.idle(&member.key, subject.model.as_ref()).is_none()
}

/// Takes the member out.
pub(super) fn removal(subject: &Subject<'_>, config: &ConfigView<'_>, member: &Member) -> Option<Fix> {
    let edits = without(subject.document, config.node, &member.key)?;
    Some(Fix { title: format!("Remove `{}`", member.key), safe: true, edits })
}
