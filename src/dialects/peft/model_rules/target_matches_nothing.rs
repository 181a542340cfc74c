use std::collections::BTreeSet;

use super::OnModel;
use crate::dialects::peft::expected::unmatched;
use crate::document::pointer;
use crate::findings::{Report, rule};

rule! {
    /// An entry of `target_modules` that matches no module of the base model.
    ///
    /// ## Why is this bad
    /// As long as another entry matches, PEFT is silent: the modules that were meant are not adapted. An entry of a
    /// list is a full name, or the end of one after a dot; only a string in place of the list is a regular expression.
    ///
    /// ## Example
    /// On a LLaMA, whose output projection is `o_proj`:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "out_proj"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: what was meant is not known.
    TargetMatchesNothing, Warning
}

impl TargetMatchesNothing {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(member) = subject.subject.written("target_modules") else { return };
        if !subject.is_adapted() {
            return;
        }
        let names: BTreeSet<_> = unmatched(&subject.config, &subject.trees).into_iter().collect();
        let is_unmatched = |name: &&str| names.contains(*name);
        let items = member.node.items().iter().enumerate();
        let mut items = items.filter_map(|(at, item)| Some((at, item, item.as_str().filter(is_unmatched)?)));
        let Some((at, first, name)) = items.next() else { return };
        let rest: Vec<_> = items.collect();
        let place = pointer::push(&pointer::push("", "target_modules"), at.to_string());
        let list = std::iter::once(name).chain(rest.iter().map(|(.., name)| *name));
        let list: Vec<_> = list.map(|name| format!("`{name}`")).collect();
        let is_pattern = list.iter().any(|name| name.contains(['*', '\\', '|', '(', '^', '$', '[']));
        let message =
            format!("no module of the model is named {}, or has a name that ends so after a dot", list.join(" or "));
        let finding = report.add(Self::INFO, place, first.span, message);
        for (_, item, _) in rest {
            finding.also(item.span, "nor this");
        }
        if is_pattern {
            finding.help("in a list, PEFT compares names only; write a regular expression as a string, not in a list");
        } else {
            finding.help(format!("the linear layers of this model are named {}", subject.linear_names()));
        }
    }
}
