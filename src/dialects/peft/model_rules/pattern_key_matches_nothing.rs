use super::OnModel;
use crate::dialects::peft::targets::ByModule;
use crate::document::pointer;
use crate::findings::{Report, rule};

rule! {
    /// A key of `rank_pattern` or `alpha_pattern` that matches no adapted module.
    ///
    /// ## Why is this bad
    /// The modules that were meant get the common `r` or `lora_alpha`. A key is a regular expression for the end of a
    /// module's name, behind a dot or as a whole; it counts only where the module is adapted. PEFT says so in a warning.
    ///
    /// ## Example
    /// On a LLaMA, whose `k_proj` is not adapted here:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj"], "rank_pattern": {"k_proj": 4}}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: what was meant is not known.
    PatternKeyMatchesNothing, Warning
}

impl PatternKeyMatchesNothing {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        // AdaLoRA writes what it has cut off under names of parameters.
        if subject.subject.is("ADALORA") || !subject.is_adapted() {
            return;
        }
        for key in ["rank_pattern", "alpha_pattern"] {
            let Some(member) = subject.subject.written(key) else { continue };
            for row in member.node.members() {
                let Ok(pattern) = ByModule::new([(row.key.as_str(), ())]) else { continue };
                if subject.modules().all(|module| pattern.get(&module.name) == Ok(None)) {
                    let place = pointer::push(&pointer::push("", key), &row.key);
                    report.add(
                        Self::INFO,
                        place,
                        row.node.span,
                        format!("no adapted module matches the key `{}`", row.key),
                    );
                }
            }
        }
    }
}
