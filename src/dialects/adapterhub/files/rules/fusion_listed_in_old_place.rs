use crate::dialects::FileKind;
use crate::dialects::adapterhub::Subject;
use crate::findings::words::described;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// Fusions are listed in `adapter_fusion_models`, as adapter-transformers 1 wrote them.
    ///
    /// ## Why is this bad
    /// The library reads this list more than once while it creates a model, and the second time it raises a
    /// `ValueError`, as the fusion already exists.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_fusion_models": [["a", "b"]], "adapter_fusion": "static", "adapters": {"adapters": {}}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: move the fusions into `fusions` in the `adapters` section.
    FusionListedInOldPlace, Error, Deprecated
}

impl FusionListedInOldPlace {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(node) = subject.root.member("adapter_fusion_models") else { return };
        let (place, node) = (node.key_span, &node.node);
        if subject.kind != FileKind::ModelAdaptersSection {
            return;
        }
        let message = match node.to_value() {
            Value::List(items) if items.is_empty() => return,
            Value::String(text) if text.is_empty() => return,
            Value::Map(map) if map.is_empty() => return,
            Value::List(_) | Value::String(_) | Value::Map(_) => {
                "the library adds each of these fusions twice, and fails the second time".to_owned()
            }
            other => format!("`adapter_fusion_models` must be a list, not {}", described(&other)),
        };
        report.add(Self::INFO, "/adapter_fusion_models", place, message).help("move them into `adapters.fusions`");
    }
}
