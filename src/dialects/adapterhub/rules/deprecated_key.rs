use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::view::ConfigView;
use crate::findings::{Report, rule};
use crate::python::node_is_true;

rule! {
    /// A key from an old release that has since been renamed.
    ///
    /// ## Why is this bad
    /// adapter-transformers 1 described invertible adapters in a nested `invertible_adapter`. Later releases still read
    /// it, but save `inv_adapter` and `inv_adapter_reduction_factor` instead. Its `non_linearity` is ignored: the
    /// invertible adapter uses the `non_linearity` of the config around it.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": true, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu",
    ///  "invertible_adapter": {"block_type": "nice", "non_linearity": "relu", "reduction_factor": 2}}
    /// ```
    ///
    /// ## Fix safety
    /// The new keys mean what later releases make of the old one. An old key without effect is removed.
    DeprecatedKey, Warning, Deprecated
}

impl DeprecatedKey {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.of(Method::Bottleneck) {
            let Some(member) = config.node.member("invertible_adapter") else { continue };
            let used = node_is_true(&member.node);
            // An incomplete one is an error of its own.
            if used && ["block_type", "reduction_factor"].iter().any(|part| member.node.get(part).is_none()) {
                continue;
            }
            let message = if used {
                "`invertible_adapter` is the old spelling of `inv_adapter` and `inv_adapter_reduction_factor`"
            } else {
                "`invertible_adapter` is an old key, and has no effect with this value"
            };
            let pointer = format!("{}/invertible_adapter", config.pointer);
            let finding = report.add(Self::INFO, pointer, member.key_span, message);
            finding.help(if used { "write the new keys" } else { "remove the key" });
            if !used {
                finding.remove_key(subject.document, true);
            } else if let Some(text) = renewed(subject, config) {
                let span = crate::document::Span::new(member.key_span.start, member.node.span.end);
                finding.replace(span, text, "Write the new keys");
            }
        }
    }
}

/// The new keys with the old values, if neither of them is written beside the old one.
fn renewed(subject: &Subject<'_>, config: &ConfigView<'_>) -> Option<String> {
    if ["inv_adapter", "inv_adapter_reduction_factor"].iter().any(|key| config.node.member(key).is_some()) {
        return None;
    }
    let source = |key: &str| config.written(key).map(|member| subject.document.source.slice(member.node.span));
    let (kind, factor) = (source("inv_adapter")?, source("inv_adapter_reduction_factor")?);
    // On a line of its own as the old key was.
    let text = subject.document.source.text();
    let start = config.node.member("invertible_adapter")?.key_span.start;
    let line = text[..start].rfind('\n').map_or("", |at| &text[at..start]);
    let between = if !line.is_empty() && line.trim().is_empty() { line } else { " " };
    Some(format!("\"inv_adapter\": {kind},{between}\"inv_adapter_reduction_factor\": {factor}"))
}
