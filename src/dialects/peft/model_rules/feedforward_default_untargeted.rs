use super::OnModel;
use crate::dialects::peft::defaults;
use crate::dialects::peft::targets::Written;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// An (IA)³ without `feedforward_modules`, whose `target_modules` leave out those that PEFT takes then.
    ///
    /// ## Why is this bad
    /// Where `feedforward_modules` is null PEFT takes those that it lists for the model's type, and saves them. They must be among
    /// the `target_modules`, which is looked at only when the saved config is read: PEFT raises a `ValueError`, and the trained
    /// adapter cannot be loaded.
    ///
    /// ## Example
    /// On a LLaMA, whose feed-forward layer is `down_proj`:
    /// ```json
    /// {"peft_type": "IA3", "task_type": "CAUSAL_LM", "target_modules": ["k_proj", "v_proj"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: `"feedforward_modules": []` or another target changes what is trained.
    FeedforwardDefaultUntargeted, Error
}

impl FeedforwardDefaultUntargeted {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let is_null = |key: &str| subject.config.get(key).is_none_or(|value| *value == Value::Null);
        if !subject.subject.is("IA3") || !is_null("feedforward_modules") || !subject.is_adapted() {
            return;
        }
        let Some(Value::List(targets)) = subject.config.get("target_modules") else { return };
        let kind = subject.trees.first().map_or("", |tree| tree.model_type);
        let Some(Written::List(names)) = defaults::feedforward_modules(kind) else { return };
        let Some(name) = names.iter().find(|name| !targets.iter().any(|target| target.as_str() == Some(name))) else {
            return;
        };
        let (pointer, span) = subject.place("target_modules");
        let message = format!(
            "without `feedforward_modules` PEFT takes and saves `{name}`, which is no target; it raises a `ValueError` when the adapter is loaded"
        );
        let finding = report.add(Self::INFO, pointer, span, message);
        finding.help(format!("write `\"feedforward_modules\": []`, or add \"{name}\" to `target_modules`"));
        if let Some(method) = subject.subject.root.member("peft_type") {
            finding.also(method.node.span, "(IA)³ has such a key");
        }
    }
}
