use super::super::facts::heads::heads;
use crate::dialects::adapterhub::Subject;
use crate::document::pointer;
use crate::findings::{Report, rule};

rule! {
    /// The number of a head's labels differs from the number of its outputs.
    ///
    /// ## Why is this bad
    /// The adapters library does not compare the two. Outputs without a label get no name; labels beyond the outputs
    /// are never predicted.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"head_type": "tagging", "num_labels": 2, "label2id": {"O": 0, "B": 1, "I": 2}}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the weights tell which is right.
    HeadLabelsDisagree, Warning
}

impl HeadLabelsDisagree {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for head in heads(subject) {
            let (Some(kind), Some(outputs), Some((key, labels))) = (head.kind, head.outputs(), head.labels()) else {
                continue;
            };
            let count = i64::try_from(labels.members().len()).unwrap_or(i64::MAX);
            let Some(outputs_key) = kind.outputs.filter(|_| labels.is_map() && count != outputs && outputs > 0) else {
                continue;
            };
            let message = format!("{count} labels for {outputs} output{}", if outputs == 1 { "" } else { "s" });
            let at = if head.node.get(outputs_key).is_some() { outputs_key } else { key };
            let span = head.node.get(at).map_or(labels.span, |node| node.span);
            let finding = report.add(Self::INFO, pointer::push(&head.pointer, at), span, message);
            if at != key {
                finding.also(labels.span, "the labels");
            }
        }
    }
}
