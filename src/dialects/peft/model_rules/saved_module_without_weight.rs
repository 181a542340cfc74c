use super::OnModel;
use super::module_to_save_unusable::{flaw, written};
use crate::dialects::peft::PeftType::{
    self, Adalora, AdaptionPrompt, Hira, LnTuning, Lora, Shadow, TrainableTokens, Xlora,
};
use crate::findings::{Report, rule};
use crate::models::tree::Kind;

rule! {
    /// An entry of `modules_to_save` for a module that has no `weight` of its own.
    ///
    /// ## Why is this bad
    /// The adapter runs, and can be saved and loaded. But when PEFT puts the trained copy back into the base model
    /// (`merge_and_unload`, `unload`), most methods ask every wrapped module for its `weight`. A block of layers, or a
    /// head made of several, has none: Python raises an `AttributeError`.
    ///
    /// ## Example
    /// On a LLaMA, where only the projections inside `self_attn` have weights:
    /// ```json
    /// {"peft_type": "OFT", "task_type": "CAUSAL_LM", "target_modules": ["gate_proj"], "modules_to_save": ["self_attn"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: which of the inner modules were meant is not known.
    SavedModuleWithoutWeight, Warning
}

/// Methods that put a module back without asking for its weight, or never do it.
const OTHERS: [PeftType; 8] = [Adalora, AdaptionPrompt, Hira, LnTuning, Lora, Shadow, TrainableTokens, Xlora];

impl SavedModuleWithoutWeight {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(member) = subject.subject.written("modules_to_save").filter(|member| member.node.as_str().is_none())
        else {
            return;
        };
        if !subject.is_adapted() || subject.subject.peft_type().is_some_and(|method| OTHERS.contains(&method)) {
            return;
        }
        let entries = written(member);
        // What fails before it is told by another rule.
        if subject.adapted().any(|(tree, adapted)| flaw(&entries, subject.subject.peft_type(), tree, adapted).is_some())
        {
            return;
        }
        for entry in &entries {
            let weightless = |tree: &crate::models::Tree| {
                let is_meant = |module: &&crate::models::tree::Module| {
                    module.name.ends_with(&entry.text)
                        && module.parameter("weight").is_none()
                        && !matches!(module.kind, Kind::ModuleList | Kind::ModuleDict)
                };
                tree.modules.iter().find(is_meant).map(|module| module.name.clone())
            };
            let found: Option<Vec<_>> = subject.adapted().map(|(tree, _)| weightless(tree)).collect();
            if let Some(name) = found.and_then(|names| names.into_iter().next()) {
                let message = format!(
                    "`{}` matches `{name}`, which has no `weight`; `merge_and_unload` and `unload` raise an `AttributeError`",
                    entry.text
                );
                report.add(Self::INFO, &entry.place, entry.span, message);
            }
        }
    }
}
