use super::super::facts::heads::written_class;
use super::super::facts::model_classes::{Class, family_of};
use crate::dialects::adapterhub::Subject;
use crate::findings::Severity;
use crate::findings::{Report, rule};
use crate::models::Model;

rule! {
    /// The class that saved the head belongs to a different model family from the model's.
    ///
    /// ## Why is this bad
    /// The adapters library compares the name of the class with that of the model, and raises a `ValueError` if the
    /// families differ. If only the file's own `model_type` disagrees, that is a warning, as the library does not read
    /// that key.
    ///
    /// ## Example
    /// ```json
    /// {"name": "h", "model_class": "RobertaAdapterModel", "model_type": "bert", "config": {"head_type": "tagging"}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: heads do not fit models of another family.
    HeadClassForOtherModel, Error
}

impl HeadClassForOtherModel {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let (Some(class), Some(model)) = (subject.root.get("model_class"), &subject.model) else { return };
        let expected = match (written_class(subject), class.as_str()) {
            (Some(Class::Flex(class)), _) => class.model_type,
            (Some(Class::Static(model_type)), _) => model_type,
            (Some(Class::Other), Some(name)) => match family_of(name) {
                Some(family) => family.model_type,
                None => return,
            },
            _ => return,
        };
        if expected == model.model_type {
            return;
        }
        let message =
            format!("the head was saved for models of type `{expected}`, but this one is `{}`", model.model_type);
        let finding = report.add(Self::INFO, "/model_class", class.span, message);
        if Model::of_adapter(subject.root).as_ref() == Some(model) {
            finding.severity = Severity::Warning;
        }
    }
}
