use super::OnModel;
use crate::dialects::peft::targets::{Keys, Targets, Written};
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// An `exclude_modules` that matches no module of the base model.
    ///
    /// ## Why is this bad
    /// Nothing is excluded, so modules are adapted that should not be. PEFT only warns about it.
    ///
    /// ## Example
    /// On a LLaMA, which has no `classifier`:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": "all-linear", "exclude_modules": ["classifier"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: what was meant is not known.
    ExclusionMatchesNothing, Warning
}

impl ExclusionMatchesNothing {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(member) = subject.subject.set("exclude_modules") else { return };
        let written = match member.node.to_value() {
            Value::String(text) => Written::Text(text),
            Value::List(items) => {
                Written::List(items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
            }
            _ => return,
        };
        let keys = Keys { exclude_modules: Some(&written), ..Keys::default() };
        let Ok(targets) = Targets::new(keys) else { return };
        let is_any = subject.trees.iter().flat_map(|tree| tree.names()).any(|name| targets.excludes(name) != Ok(false));
        if !is_any && subject.is_adapted() {
            let (pointer, span) = subject.place("exclude_modules");
            report.add(Self::INFO, pointer, span, "this excludes no module of the model");
        }
    }
}
