use super::super::facts::heads::heads;
use crate::dialects::adapterhub::Subject;
use crate::document::pointer;
use crate::findings::{Report, rule};

rule! {
    /// The model class does not support this type of head.
    ///
    /// ## Why is this bad
    /// Each class has a list of head types; for any other type the adapters library raises an `AttributeError`.
    ///
    /// ## Example
    /// ```json
    /// {"model_class": "BertAdapterModel", "config": {"head_type": "seq2seq_lm"}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    HeadTypeUnsupported, Error
}

impl HeadTypeUnsupported {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for head in heads(subject) {
            let (Some(kind), Some(class)) = (head.kind, head.class) else { continue };
            let Some(node) = head.node.get("head_type").filter(|_| !class.heads.contains(&kind.name)) else { continue };
            let message = format!("{}AdapterModel has no `{}` heads", class.prefix, kind.name);
            report
                .add(Self::INFO, pointer::push(&head.pointer, "head_type"), node.span, message)
                .help(format!("its head types are {}", class.heads.join(", ")));
        }
    }
}
