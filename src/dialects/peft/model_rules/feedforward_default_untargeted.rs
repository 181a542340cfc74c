use std::collections::BTreeSet;

use super::OnModel;
use crate::dialects::peft::PeftType::Ia3;
use crate::dialects::peft::defaults;
use crate::dialects::peft::targets::Written;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// An (IA)³ config whose `feedforward_modules`, written or default, are not among the targets that PEFT saves.
    ///
    /// ## Why is this bad
    /// If `feedforward_modules` is null, PEFT takes those that it lists for the model's type, and saves them. It does
    /// the same with `target_modules`, and for `all-linear` it saves the full names of the layers. Every feed-forward
    /// module must be among the saved targets, but this is checked only when the saved config is read: PEFT raises a
    /// `ValueError`, and the trained adapter cannot be loaded.
    ///
    /// ## Example
    /// On a LLaMA, whose feed-forward layer is `down_proj`:
    /// ```json
    /// {"peft_type": "IA3", "task_type": "CAUSAL_LM", "target_modules": ["k_proj", "v_proj"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: `"feedforward_modules": []` or another target changes what is trained.
    FeedforwardDefaultUntargeted, Error
}

impl FeedforwardDefaultUntargeted {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        if !subject.subject.is(Ia3) || !subject.is_adapted() {
            return;
        }
        let value = |key: &str| subject.config.get(key).filter(|value| **value != Value::Null);
        let Some(tree) = subject.trees.first() else { return };
        let kind = tree.model_type;
        let names = |list: &[Value]| list.iter().filter_map(Value::as_str).map(str::to_owned).collect::<Vec<_>>();
        // What PEFT saves as a list, it compares.
        let targets = match value("target_modules") {
            Some(Value::List(list)) => names(list),
            Some(text) if text.as_str().is_some_and(|text| text.to_lowercase() == "all-linear") => tree
                .modules
                .iter()
                .filter(|module| module.widths().is_some())
                .map(|module| module.name.clone())
                .collect(),
            Some(_) => return,
            None => match defaults::target_modules(Ia3, kind) {
                Some(Written::List(list)) => list,
                _ => return,
            },
        };
        let inner = match value("feedforward_modules") {
            // Told where the config alone is looked at.
            Some(Value::List(_)) if matches!(value("target_modules"), Some(Value::List(_))) => return,
            Some(Value::List(list)) => names(list),
            Some(_) => return,
            None => match defaults::feedforward_modules(kind) {
                Some(Written::List(list)) => list,
                _ => return,
            },
        };
        let targets: BTreeSet<String> = targets.into_iter().collect();
        let Some(name) = inner.iter().find(|name| !targets.contains(*name)) else { return };
        if let Some(member) = subject.subject.written("feedforward_modules").filter(|member| !member.node.is_null()) {
            let message = format!(
                "PEFT saves the names of its targets, and `{name}` is not one of them; it raises a `ValueError` when the adapter is loaded"
            );
            let finding = report.add(Self::INFO, "/feedforward_modules", member.node.span, message);
            if let Some(targets) = subject.subject.written("target_modules") {
                finding.also(targets.node.span, "`target_modules`");
            }
            return;
        }
        let (pointer, span) = subject.place("target_modules");
        let message = format!(
            "without `feedforward_modules`, PEFT takes and saves `{name}`, which is not a target; it raises a `ValueError` when the adapter is loaded"
        );
        let finding = report.add(Self::INFO, pointer, span, message);
        finding.help(format!("write `\"feedforward_modules\": []`, or add \"{name}\" to `target_modules`"));
        if let Some(method) = subject.subject.root.member("peft_type") {
            finding.also(method.node.span, "(IA)³ has this key");
        }
    }
}
