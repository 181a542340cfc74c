use std::collections::BTreeSet;

use super::OnModel;
use crate::dialects::peft::PeftType::Adalora;
use crate::dialects::peft::expected::adapted_parameters;
use crate::dialects::peft::targets::ByModule;
use crate::document::pointer;
use crate::findings::{Report, Severity, rule};

rule! {
    /// A key of `rank_pattern`, `alpha_pattern` or `n_frequency_pattern` that matches no adapted module or parameter.
    ///
    /// ## Why is this bad
    /// The modules that were meant get the common `r` or `lora_alpha`. A key is a regular expression for a module's
    /// full name, or for its end after a dot; it counts only if the module is adapted. Of what `target_parameters` adapts
    /// it is the parameter's name, such as `mlp.experts.down_proj`. PEFT only warns.
    ///
    /// AdaLoRA writes the ranks that remain into `rank_pattern`, under the names of parameters. If there is no such
    /// module, PEFT raises a `KeyError` on saving and an `AttributeError` on loading, so this is an error.
    ///
    /// ## Example
    /// On a LLaMA, whose `k_proj` is not adapted here:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj"], "rank_pattern": {"k_proj": 4}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: what was meant is not known.
    PatternKeyMatchesNothing, Warning
}

impl PatternKeyMatchesNothing {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        if !subject.is_adapted() {
            return;
        }
        if subject.subject.is(Adalora) {
            return ranks_of_nothing(subject, report);
        }
        let parameters = subject.trees.iter().flat_map(|tree| adapted_parameters(&subject.config, tree));
        let names: BTreeSet<_> = subject.modules().map(|module| module.name.clone()).chain(parameters).collect();
        for key in ["rank_pattern", "alpha_pattern", "n_frequency_pattern"] {
            let Some(member) = subject.subject.written(key) else { continue };
            for row in member.node.members() {
                let Ok(pattern) = ByModule::new([(row.key.as_str(), ())]) else { continue };
                if names.iter().all(|name| pattern.get(name) == Ok(None)) {
                    let place = pointer::push(&pointer::push("", key), &row.key);
                    report.add(
                        Self::INFO,
                        place,
                        row.node.span,
                        format!("the key `{}` matches nothing that is adapted", row.key),
                    );
                }
            }
        }
    }
}

/// The name of a parameter, of which the last part is cut off, or two if the adapter's name is in it
/// (`resize_state_dict_by_rank_pattern`).
fn ranks_of_nothing(subject: &OnModel<'_>, report: &mut Report) {
    let Some(member) = subject.subject.written("rank_pattern") else { return };
    let modules: Vec<_> = subject.modules().collect();
    for row in member.node.members() {
        let parts = if row.key.contains("default") { 2 } else { 1 };
        let Some(name) = row.key.rsplitn(parts + 1, '.').nth(parts) else { continue };
        // Another class of the same model has the same names behind or without a prefix.
        let is_same = |module: &str| module == name || is_end(module, name) || is_end(name, module);
        if modules.iter().any(|module| is_same(&module.name)) {
            continue;
        }
        let place = pointer::push(&pointer::push("", "rank_pattern"), &row.key);
        let message = format!("no adapted module is called `{name}`");
        report.add(PatternKeyMatchesNothing::INFO, place, row.node.span, message).severity = Severity::Error;
        return;
    }
}

fn is_end(name: &str, end: &str) -> bool {
    name.strip_suffix(end).is_some_and(|rest| rest.ends_with('.'))
}
