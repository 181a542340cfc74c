use super::OnModel;
use crate::dialects::peft::Pattern;
use crate::dialects::peft::PeftType::{C3a, Fourierft, Osf};
use crate::dialects::peft::uses::Use;
use crate::document::{Member, pointer};
use crate::findings::{Report, rule};

rule! {
    /// Two keys of a `rank_pattern`, `alpha_pattern` or the like match one module, in an order that saving loses.
    ///
    /// ## Why is this bad
    /// The first key that matches a module counts. `save_pretrained` sorts the keys alphabetically, so that a different
    /// one comes first in the saved adapter: with a different rank, `PeftModel.from_pretrained` raises `RuntimeError: …
    /// size mismatch`, and with a different alpha it silently computes something else.
    ///
    /// ## Example
    /// The rank of `q_proj` is 8, but 4 in the saved adapter, since `(` sorts before letters:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj"], "rank_pattern": {"q_proj": 8, "(q|v)_proj": 4}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: let no two keys match one module, or write them in sorted order.
    PatternOrderLost, Error
}

impl PatternOrderLost {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(method) = subject.subject.method else { return };
        for (key, used) in method.keys {
            let Some(member) = subject.subject.written(key).filter(|_| matches!(used, Use::Patterns(_))) else {
                continue;
            };
            if let Some((first, later, module)) = swapped(subject, member.node.members()) {
                let place = pointer::push(&pointer::push("", key), &later.key);
                let message = format!(
                    "`{module}` is matched by both `{}` and this key; PEFT sorts the keys on saving, and then this one comes first",
                    first.key
                );
                report.add(Self::INFO, place, later.node.span, message);
            }
        }
    }
}

/// The key that counts for a module, the one that counts once the keys are sorted, and the module, where these give it
/// different values.
fn swapped<'m>(subject: &OnModel<'_>, rows: &'m [Member]) -> Option<(&'m Member, &'m Member, String)> {
    if rows.len() < 2 || rows.is_sorted_by(|one, next| one.key <= next.key) {
        return None;
    }
    let read = match subject.subject.peft_type() {
        Some(C3a | Fourierft) => Pattern::of_inner_module,
        Some(Osf) => Pattern::anywhere,
        _ => Pattern::of_module,
    };
    let pattern = |row: &'m Member| Some((row, read(&row.key).ok()?));
    let written: Vec<_> = rows.iter().map(pattern).collect::<Option<_>>()?;
    let mut sorted: Vec<_> = written.iter().collect();
    sorted.sort_unstable_by_key(|(row, _)| row.key.as_str());
    subject.modules().find_map(|module| {
        let is_met = |(_, pattern): &&(&Member, Pattern)| pattern.matches(&module.name).unwrap_or(false);
        let first = written.iter().find(is_met)?.0;
        let later = sorted.iter().copied().find(is_met)?.0;
        (first.node.to_value() != later.node.to_value()).then(|| (first, later, module.name.clone()))
    })
}
