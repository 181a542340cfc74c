use super::OnModel;
use crate::dialects::peft::PeftType::{Osf, Shadow, TrainableTokens};
use crate::dialects::peft::expected::Refusal;
use crate::dialects::peft::{Subject, defaults};
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// No `target_modules`, and PEFT has no default for this type of model.
    ///
    /// ## Why is this bad
    /// If a config has no `target_modules`, PEFT takes those that it lists for the model's type. For a type that is not
    /// in the method's list, it raises a `ValueError`. (IA)³ needs `feedforward_modules` in the same way.
    ///
    /// ## Example
    /// On a vision transformer:
    /// ```json
    /// {"peft_type": "LORA", "r": 8}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: which modules to adapt is a choice.
    TargetsUnknownForModel, Error
}

impl TargetsUnknownForModel {
    /// On a model whose modules are not known here: PEFT asks for its type before it looks at them.
    pub(super) fn check_type(subject: &Subject<'_>, kind: &str, report: &mut Report) {
        // What adapts no single layers needs no list, and the list of these two has a default for any model.
        let method =
            subject.peft_type().filter(|method| method.prefix().is_some() && !matches!(method, Osf | TrainableTokens));
        let Some(method) = method else { return };
        let is_null = |key: &str| subject.value(key).is_none_or(|value| value == Value::Null);
        if !is_null("target_modules") || subject.set("target_parameters").is_some() {
            return;
        }
        if defaults::target_modules(method, kind).is_none() {
            let span = subject.written("target_modules").map_or(subject.root.span, |member| member.node.span);
            let pointer =
                subject.written("target_modules").map_or(String::new(), |member| Subject::pointer_of(&member.key));
            let message = format!("there is no `target_modules`, and PEFT has no default for `{kind}`");
            report.add(Self::INFO, pointer, span, message);
        }
    }

    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(Refusal::NoDefault) = subject.refusal() else { return };
        let has_targets = subject.config.get("target_modules").is_some_and(|value| *value != crate::value::Value::Null);
        let key = if has_targets { "feedforward_modules" } else { "target_modules" };
        let (pointer, span) = subject.place(key);
        let kind = subject.trees.first().map_or("", |tree| tree.model_type);
        let finding =
            report.add(Self::INFO, pointer, span, format!("there is no `{key}`, and PEFT has no default for `{kind}`"));
        finding.help(if subject.subject.is(Shadow) {
            "name the model's blocks: Shadow looks for them under `layers` or `h`".to_owned()
        } else {
            format!("the linear layers of this model are named {}", subject.linear_names())
        });
    }
}
