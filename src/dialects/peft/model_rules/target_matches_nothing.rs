use super::OnModel;
use crate::dialects::peft::expected::unmatched;
use crate::document::pointer;
use crate::findings::{Report, rule};

rule! {
    /// An entry of `target_modules` that matches no module of the base model.
    ///
    /// ## Why is this bad
    /// As long as another entry matches, PEFT is silent: the modules that were meant are not adapted. An entry of a list
    /// is a name, or the end of one behind a dot; only a text in place of the list is a regular expression.
    ///
    /// ## Example
    /// On a LLaMA, whose projection of the output is `o_proj`:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "out_proj"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: what was meant is not known.
    TargetMatchesNothing, Warning
}

impl TargetMatchesNothing {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(member) = subject.subject.written("target_modules") else { return };
        if !subject.is_adapted() {
            return;
        }
        let names = unmatched(&subject.config, &subject.trees);
        for (at, item) in member.node.items().iter().enumerate() {
            let Some(name) = item.as_str().filter(|name| names.iter().any(|known| known == name)) else { continue };
            let place = pointer::push(&pointer::push("", "target_modules"), at.to_string());
            let finding = report.add(
                Self::INFO,
                place,
                item.span,
                format!("no module of the model is named `{name}`, or ends so behind a dot"),
            );
            if name.contains(['*', '\\', '|', '(', '^', '$', '[']) {
                finding.help(
                    "in a list PEFT compares names only; a regular expression is written as a text, not in a list",
                );
            } else {
                finding.help(format!("the linear layers of this model are named {}", subject.linear_names()));
            }
        }
    }
}
