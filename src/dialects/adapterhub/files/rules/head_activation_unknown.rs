use super::super::facts::heads::heads;
use super::super::facts::python::{is_activation, nearest_activation};
use crate::dialects::adapterhub::Subject;
use crate::document::{Edit, pointer};
use crate::findings::words::quoted;
use crate::findings::{Report, rule, same_letters};
use crate::python::is_true;
use crate::value::Value;

rule! {
    /// A head has an activation function that the library cannot build.
    ///
    /// ## Why is this bad
    /// A head of two or more layers builds its activation when it is loaded; a name that transformers does not have
    /// raises a `KeyError`, and a value that is not a string an `AttributeError`. Old names such as `gelu_orig` are not
    /// translated for heads.
    ///
    /// ## Example
    /// ```json
    /// {"config": {"head_type": "classification", "layers": 2, "activation_function": "gelu_orig"}}
    /// ```
    ///
    /// ## Fix safety
    /// A name that is right except for capitals and separators is corrected. Any other similar name is only suggested,
    /// since it computes something else.
    HeadActivationUnknown, Error
}

impl HeadActivationUnknown {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for head in heads(subject) {
            let builds = head.layers().is_some_and(|layers| layers >= 2);
            let Some(node) = head.node.get("activation_function").filter(|_| builds && head.kind.is_some()) else {
                continue;
            };
            let value = node.to_value();
            if !is_true(&value) || value.as_str().is_some_and(is_activation) {
                continue;
            }
            let pointer = pointer::push(&head.pointer, "activation_function");
            let message = format!("{} is not an activation function that the library can build", quoted(&value));
            let finding = report.add(Self::INFO, pointer, node.span, message);
            if let Value::String(name) = &value
                && let Some(known) = nearest_activation(name)
            {
                let edit = Edit::new(node.span, format!("\"{known}\""));
                finding.mend(vec![edit], format!("Write `{known}`"), same_letters(name, [known]).is_some());
            }
        }
    }
}
