use super::super::facts::heads::{HEAD_TYPES, heads};
use crate::dialects::adapterhub::Subject;
use crate::document::{Edit, pointer};
use crate::findings::nearest;
use crate::findings::words::quoted;
use crate::findings::{Report, rule, same_letters};
use crate::value::Value;

rule! {
    /// `head_type` is not a type of head that the library has.
    ///
    /// ## Why is this bad
    /// The adapters library raises an `AttributeError`, unless the program has registered a head of its own under that
    /// name.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"head_type": "sequence_classification"}}
    /// ```
    ///
    /// ## Fix safety
    /// A type that is right except for capitals and separators is corrected. Any other similar type is only suggested:
    /// types differ in what they compute.
    HeadTypeUnknown, Error
}

impl HeadTypeUnknown {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for head in heads(subject) {
            let Some(node) = head.node.get("head_type").filter(|_| head.kind.is_none()) else { continue };
            let value = node.to_value();
            let message = format!("{} is not a type of head", quoted(&value));
            let finding = report.add(Self::INFO, pointer::push(&head.pointer, "head_type"), node.span, message);
            if let Value::String(name) = &value
                && let Some(known) = nearest(name, HEAD_TYPES.iter().map(|kind| kind.name))
            {
                finding.help(format!("did you mean `{known}`?"));
                let edit = Edit::new(node.span, format!("\"{known}\""));
                finding.mend(vec![edit], format!("Write `{known}`"), same_letters(name, [known]).is_some());
            } else {
                let names: Vec<_> = HEAD_TYPES.iter().map(|kind| kind.name).collect();
                finding.help(format!("the head types are {}", names.join(", ")));
            }
        }
    }
}
