use super::super::facts::heads::heads;
use crate::dialects::adapterhub::Subject;
use crate::document::pointer;
use crate::findings::Severity;
use crate::findings::{Report, rule};

rule! {
    /// A head has no layers.
    ///
    /// ## Why is this bad
    /// A head with no layers passes the hidden states on as if they were the outputs; their width is not the number of
    /// labels, so the loss cannot be computed. A language model head always has its last layer, so there the number
    /// simply counts as 1.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"head_type": "classification", "layers": 0}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the weights tell how many layers there are.
    HeadWithoutLayers, Error
}

impl HeadWithoutLayers {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for head in heads(subject) {
            let (Some(kind), Some(layers)) = (head.kind, head.layers()) else { continue };
            let Some(node) = head.node.get("layers").filter(|_| layers < 1 && kind.layers.is_some()) else { continue };
            let message = format!("a head needs at least one layer, not {layers}");
            let finding = report.add(Self::INFO, pointer::push(&head.pointer, "layers"), node.span, message);
            if head.is_language_model() {
                finding.severity = Severity::Warning;
            }
        }
    }
}
