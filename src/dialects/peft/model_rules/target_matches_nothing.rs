use std::collections::BTreeSet;

use super::OnModel;
use crate::dialects::peft::expected::{unmatched, unmatched_parameters};
use crate::dialects::peft::rules::is_pattern;
use crate::document::{Member, pointer};
use crate::findings::{Report, nearest, rule};

rule! {
    /// An entry of `target_modules` or `target_parameters` that matches nothing in the base model.
    ///
    /// ## Why is this bad
    /// As long as another entry matches, PEFT is silent: what was meant is not adapted. An entry of a list is a full
    /// name, or the end of one after a dot; only a string in place of the list is a regular expression.
    ///
    /// ## Example
    /// On a LLaMA, whose output projection is `o_proj`:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "out_proj"]}
    /// ```
    ///
    /// ## Fix safety
    /// If one entry is spelt almost like the name of a layer, writing that name is suggested. What else was meant is not
    /// known.
    TargetMatchesNothing, Warning
}

impl TargetMatchesNothing {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        if !subject.is_adapted() {
            return;
        }
        if let Some(member) = subject.subject.written("target_modules") {
            let names = unmatched(&subject.config, &subject.trees).into_iter().collect();
            Self::of_key(subject, member, &names, report);
        }
        if let Some(member) = subject.subject.written("target_parameters") {
            let names = unmatched_parameters(&subject.config, &subject.trees).into_iter().collect();
            Self::of_key(subject, member, &names, report);
        }
    }

    /// Tells of those entries of a key that match nothing.
    fn of_key(subject: &OnModel<'_>, member: &Member, names: &BTreeSet<String>, report: &mut Report) {
        let what = if member.key == "target_modules" { "module" } else { "parameter" };
        let is_unmatched = |name: &&str| names.contains(*name);
        let items = member.node.items().iter().enumerate();
        let mut items = items.filter_map(|(at, item)| Some((at, item, item.as_str().filter(is_unmatched)?)));
        let Some((at, first, name)) = items.next() else { return };
        let rest: Vec<_> = items.collect();
        let place = pointer::push(&pointer::push("", &member.key), at.to_string());
        let list = std::iter::once(name).chain(rest.iter().map(|(.., name)| *name));
        let list: Vec<_> = list.map(|name| format!("`{name}`")).collect();
        let has_pattern = list.iter().any(|name| is_pattern(name));
        let message =
            format!("no {what} of the model is named {}, or has a name that ends so after a dot", list.join(" or "));
        let is_listed = |near: &&str| member.node.items().iter().any(|item| item.as_str() == Some(near));
        let meant = (what == "module" && rest.is_empty() && !has_pattern).then(|| nearest(name, subject.linear_ends()));
        let meant = meant.flatten().filter(|near| !is_listed(near));
        let finding = report.add(Self::INFO, place, first.span, message);
        for (_, item, _) in rest {
            finding.also(item.span, "nor this");
        }
        if let Some(near) = meant {
            finding.help(format!("did you mean `{near}`?"));
            finding.suggest(first.span, format!("\"{near}\""), format!("Write `{near}`"));
        } else if has_pattern {
            finding.help("in a list, PEFT compares names only; write a regular expression as a string, not in a list");
        } else if what == "module" {
            finding.help(format!("the linear layers of this model are named {}", subject.linear_names()));
        }
    }
}
