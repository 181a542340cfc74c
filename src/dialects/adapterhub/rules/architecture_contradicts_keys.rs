use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::view::{ConfigView, fields, title_with_article};
use crate::document::{Edit, Span, edit};
use crate::findings::{Report, rule};

rule! {
    /// The `architecture`, or the lack of one, does not match the other keys.
    ///
    /// ## Why is this bad
    /// `architecture` alone selects the method. If it is missing, the config is taken for a bottleneck adapter,
    /// whatever its keys are. Then either keys that the selected method requires are missing, which raises a
    /// `TypeError` or `KeyError`, or a value is read in the way of the wrong method.
    ///
    /// ## Example
    /// ```json
    /// {"r": 8, "alpha": 16, "attn_matrices": ["q", "v"]}
    /// ```
    ///
    /// ## Fix safety
    /// Changing `architecture` to the method that the keys belong to is only suggested.
    ArchitectureContradictsKeys, Error
}

impl ArchitectureContradictsKeys {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in &subject.configs {
            let Some(meant) = contradicted(subject, config) else { continue };
            let (span, message) = match config.written("architecture") {
                Some(member) => (
                    member.node.span,
                    format!(
                        "the `architecture` is that of {}, but the keys are those of {}",
                        title_with_article(config.method),
                        title_with_article(meant)
                    ),
                ),
                None => {
                    let start = config.node.span.start;
                    (
                        Span::new(start, start + 1),
                        format!(
                            "without `architecture` this is a bottleneck adapter, but the keys are those of {}",
                            title_with_article(meant)
                        ),
                    )
                }
            };
            let finding = report.add(Self::INFO, config.pointer_of("architecture"), span, message);
            let value = meant.architecture().map_or("null".to_owned(), |name| format!("\"{name}\""));
            finding.help(format!("write `\"architecture\": {value}`"));
            let text = subject.document.source.text();
            let edit = match config.written("architecture") {
                Some(member) => Some(Edit::new(member.node.span, &*value)),
                None => edit::prepend_member(text, config.node, "architecture", &value),
            };
            if let Some(edit) = edit {
                finding.mend(vec![edit], format!("Write `\"architecture\": {value}`"), false);
            }
        }
    }
}

/// The method that a config's keys belong to, if that is not the one it is read as, and fails as.
pub(super) fn contradicted(subject: &Subject<'_>, config: &ConfigView<'_>) -> Option<Method> {
    let missing = || config.required().iter().any(|key| config.written(key).is_none());
    let misread = || subject.flaws().iter().any(|flaw| flaw.flaw.is_some() && flaw.config == config.pointer);
    meant(config).filter(|_| missing() || misread())
}

/// The method whose keys these are, if the config cannot be one of its own method: most of its keys are unknown there,
/// and required ones are missing or the others belong together elsewhere.
fn meant(config: &ConfigView<'_>) -> Option<Method> {
    let keys: Vec<_> =
        config.node.members().iter().map(|m| m.key.as_str()).filter(|key| *key != "architecture").collect();
    let known = |method: Method| keys.iter().filter(|key| has_key(method, key)).count();
    let own = known(config.method);
    // Nearly always: no other method can have more of them.
    if own == keys.len() {
        return None;
    }
    let (count, method) =
        Method::ALL.into_iter().map(|method| (known(method), method)).max_by_key(|(count, method)| {
            // Of methods with the same keys the more common one, LoRA before MTL-LoRA.
            (*count, std::cmp::Reverse(*method))
        })?;
    let foreign = keys.len().saturating_sub(own);
    (method != config.method && count > own && foreign > own).then_some(method)
}

pub(super) fn has_key(method: Method, key: &str) -> bool {
    match method {
        Method::Union => key == "configs",
        Method::Bottleneck if key == "invertible_adapter" => true,
        _ => fields(method).iter().any(|(name, _)| name == key),
    }
}
