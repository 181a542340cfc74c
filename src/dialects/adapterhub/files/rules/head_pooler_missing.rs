use super::super::facts::heads::heads;
use super::super::facts::model_classes::Pooler;
use crate::dialects::adapterhub::Subject;
use crate::document::pointer;
use crate::findings::Severity;
use crate::findings::{Report, rule};
use crate::python::node_is_true;

rule! {
    /// A head uses the pooled output of a model class that does not have one.
    ///
    /// ## Why is this bad
    /// The head raises a `KeyError` for `pooled_output` in the forward pass. Where the class itself chooses the vector,
    /// the key is not read, which is a warning.
    ///
    /// ## Example
    /// ```json
    /// {"model_class": "BartAdapterModel", "config": {"head_type": "classification", "use_pooler": true}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: setting the key to false changes what is computed.
    HeadPoolerMissing, Error
}

impl HeadPoolerMissing {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for head in heads(subject) {
            let Some(class) = head.class else { continue };
            let Some(node) = head.node.get("use_pooler").filter(|node| node_is_true(node)) else { continue };
            let message = match class.pooler {
                Pooler::Given => continue,
                Pooler::Missing => format!("{}AdapterModel has no pooled output", class.prefix),
                Pooler::Unread => format!("this has no effect: {}AdapterModel chooses the vector itself", class.prefix),
            };
            let finding = report.add(Self::INFO, pointer::push(&head.pointer, "use_pooler"), node.span, message);
            if class.pooler == Pooler::Unread {
                finding.severity = Severity::Warning;
            }
        }
    }
}
