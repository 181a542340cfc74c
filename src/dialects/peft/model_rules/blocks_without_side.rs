use super::OnModel;
use crate::dialects::peft::PeftType::Lora;
use crate::findings::{Report, rule};
use crate::python::is_true;
use crate::value::Value;

rule! {
    /// A BD-LoRA module that is in neither list of blocks, or in both.
    ///
    /// ## Why is this bad
    /// `use_bdlora` lists, by parts of their names, the modules whose A is cut into blocks and those whose B is. PEFT
    /// raises a `ValueError` for an adapted module that is in neither list, unless `match_strict` is false, and for one
    /// that is in both.
    ///
    /// ## Example
    /// On a LLaMA, where `all-linear` stands for seven layers:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": "all-linear", "use_bdlora": {"target_modules_bd_a": ["q_proj"], "nblocks": 2}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: which list a module belongs in is a choice.
    BlocksWithoutSide, Error
}

impl BlocksWithoutSide {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(member) = subject.subject.written("use_bdlora").filter(|_| subject.subject.is(Lora)) else { return };
        if !member.node.is_map() {
            return;
        }
        let names = |key: &str| -> Option<Vec<String>> {
            match member.node.get(key).map(crate::document::Node::to_value) {
                None | Some(Value::Null) => Some(Vec::new()),
                Some(Value::List(items)) => items.iter().map(|item| item.as_str().map(str::to_owned)).collect(),
                Some(_) => None,
            }
        };
        let (Some(a), Some(b)) = (names("target_modules_bd_a"), names("target_modules_bd_b")) else { return };
        // What the config alone shows is told by another rule: a target that is in neither, a name that is in both.
        let is_told = matches!(subject.config.get("target_modules"), Some(Value::List(_)))
            && !subject.config.get("exclude_modules").is_some_and(is_true);
        let shares_name = a.iter().any(|name| b.contains(name));
        let is_strict = member.node.get("match_strict").is_none_or(|strict| is_true(&strict.to_value()));
        for module in subject.modules() {
            let meets = |names: &[String]| names.iter().any(|name| module.name.contains(name));
            let which = match (meets(&a), meets(&b)) {
                (false, false) if is_strict && !is_told => "neither list",
                (true, true) if !shares_name => "both lists",
                _ => continue,
            };
            let message = format!("`{}` is adapted, but in {which} of blocks; PEFT raises a `ValueError`", module.name);
            let finding = report.add(Self::INFO, "/use_bdlora", member.node.span, message);
            if let Some(targets) = subject.subject.written("target_modules") {
                finding.also(targets.node.span, "`target_modules`");
            }
            return;
        }
    }
}
