use super::key_newer_than_release::{matters, removal};
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::release::edits::without;
use crate::dialects::adapterhub::release::facts::first_with;
use crate::dialects::adapterhub::view::ConfigView;
use crate::document::{Document, Member, Span};
use crate::findings::{Edit, Finding, Fix, Report, Severity, rule};
use crate::python::node_is_true;
use crate::value::Value;

rule! {
    /// The target release refuses a key.
    ///
    /// ## Why is this bad
    /// adapter-transformers 1.x passes the whole config to the constructor of a class: a key that the class does not
    /// have raises a `TypeError`, whatever its value. This holds for all keys that came later, and for those that no
    /// release has. In the file of a saved adapter, which `load_adapter` takes as it is, a key of bottleneck adapters that
    /// the release does not know is ignored, which is a warning.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu", "scaling": 1.0}
    /// ```
    ///
    /// for `adapter-transformers@1.1.1`.
    ///
    /// ## Fix safety
    /// A key that holds its default, or that has no effect, is removed; `inv_adapter` and
    /// `inv_adapter_reduction_factor` are written in the nested shape of 1.x. A key with a value that no release has may be
    /// another key, misspelt: renaming or removing it is only suggested. There is no fix for other keys: without them the
    /// newest release would compute something else.
    KeyRefusedByRelease, Error
}

impl KeyRefusedByRelease {
    pub(crate) fn check(subject: &Subject<'_>, report: &mut Report) {
        let release = subject.release;
        if !release.refuses_unknown_keys() {
            return;
        }
        for config in &subject.configs {
            let refused = config.node.members().iter().filter(|member| !release.knows_key(config.method, &member.key));
            for member in refused {
                let since = match first_with(config.method, &member.key) {
                    Some(first) => format!(", which came with {first}"),
                    None if member.key == "architecture" => ", which came with adapter-transformers 3.0.0".to_owned(),
                    None => ", which no release has".to_owned(),
                };
                let is_unread = subject.is_saved_adapter() && config.method == Method::Bottleneck;
                let does = if is_unread { "ignores" } else { "raises a `TypeError` for" };
                let message = format!("{release} {does} the key `{}`{since}", member.key);
                let finding = report.add(Self::INFO, config.pointer_of(&member.key), member.key_span, message);
                if is_unread {
                    finding.severity = Severity::Warning;
                }
                let is_null_architecture = member.key == "architecture" && !node_is_true(&member.node);
                let is_unknown = member.key != "architecture" && first_with(config.method, &member.key).is_none();
                match nested(subject, config, member) {
                    Some(fix) => {
                        finding.help("write the nested `invertible_adapter`, as this release does");
                        finding.fix = Some(fix);
                    }
                    None if is_unknown && !member.node.is_nothing() => advise(subject, config, member, finding),
                    None if is_null_architecture || is_unknown || !matters(subject, config, member) => {
                        finding.help("remove it: with this value it has no effect");
                        finding.fix = removal(subject, config, member);
                    }
                    None => {
                        finding.help(format!("no key of {release} has the effect of this key; train without it"));
                    }
                }
            }
        }
    }
}

/// What is to be done about a key with a value that no release has.
fn advise(subject: &Subject<'_>, config: &ConfigView<'_>, member: &Member, finding: &mut Finding) {
    if let Some(near) = misspelt(config, member) {
        finding.help(format!("did you mean `{near}`?"));
        if config.written(near).is_none() {
            finding.suggest(member.key_span, format!("\"{near}\""), format!("Rename to `{near}`"));
            return;
        }
    }
    finding.remove_key(subject.document, false);
}

/// The key of this release that one which no release has resembles.
pub(super) fn misspelt(config: &ConfigView<'_>, member: &Member) -> Option<&'static str> {
    let is_unknown = member.key != "architecture" && first_with(config.method, &member.key).is_none();
    let near = is_unknown.then(|| config.nearest_key(&member.key)).flatten()?;
    config.release.knows_key(config.method, near).then_some(near)
}

/// The two keys of an invertible adapter in one edit, as 1.x wrote them: with an activation of its own, which is the
/// adapter's in later releases.
fn nested(subject: &Subject<'_>, config: &ConfigView<'_>, member: &Member) -> Option<Fix> {
    let keys = ["inv_adapter", "inv_adapter_reduction_factor"];
    if config.method != Method::Bottleneck || !keys.contains(&member.key.as_str()) {
        return None;
    }
    let [kind, factor] = keys.map(|key| config.node.member(key));
    let (kind, factor) = (kind?, factor?);
    let is_complete = kind.node.as_str().is_some_and(|kind| kind == "nice" || kind == "glow");
    let is_number = matches!(factor.node.to_value(), Value::Int(_));
    let activation = config.node.get("non_linearity")?;
    if !is_complete || !is_number || config.node.member("invertible_adapter").is_some() {
        return None;
    }
    let document: &Document = subject.document;
    let text = |span| document.source.slice(span);
    let whole = format!(
        "\"invertible_adapter\": {{\"block_type\": {}, \"non_linearity\": {}, \"reduction_factor\": {}}}",
        text(kind.node.span),
        text(activation.span),
        text(factor.node.span)
    );
    let mut edits = without(document, config.node, "inv_adapter_reduction_factor")?;
    edits.push(Edit::new(Span::new(kind.key_span.start, kind.node.span.end), whole));
    Some(Fix { title: "Write the nested `invertible_adapter`".to_owned(), safe: true, edits })
}
