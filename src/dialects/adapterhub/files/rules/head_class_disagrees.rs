use super::super::facts::heads::written_class;
use super::super::facts::model_classes::Class;
use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};

rule! {
    /// The class has one fixed head, but the file describes a flexible one.
    ///
    /// ## Why is this bad
    /// The adapters library never reads `config` for such a class. It looks for the weights of the fixed head, but
    /// finds those of a named head.
    ///
    /// ## Example
    /// ```json
    /// {"model_class": "BertForSequenceClassification", "name": "h", "config": {"head_type": "classification"}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows which class saved the head.
    HeadClassDisagrees, Error
}

impl HeadClassDisagrees {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(class) = subject.root.get("model_class") else { return };
        let is_fixed = matches!(written_class(subject), Some(Class::Static(_) | Class::Other));
        let has_type = subject.root.get("config").is_some_and(|config| config.get("head_type").is_some());
        if is_fixed && has_type {
            let message = "this class has one fixed head, but `config` describes a flexible one";
            let finding = report.add(Self::INFO, "/model_class", class.span, message);
            finding.help(
                "flexible heads are saved by classes such as `BertAdapterModel`; name the class that saved this one",
            );
        }
    }
}
