use super::OnModel;
use crate::dialects::peft::expected::heads;
use crate::document::{Node, pointer};
use crate::findings::{Report, nearest, rule};
use crate::models::Tree;
use crate::models::tree::Module;

rule! {
    /// An entry of `modules_to_save` that matches no module of the base model.
    ///
    /// ## Why is this bad
    /// PEFT trains and saves every module whose name ends with the entry. If there is none, it says nothing, and the
    /// intended module stays frozen and is not in the file.
    ///
    /// ## Example
    /// On a LLaMA, whose output layer is `lm_head`:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj"], "modules_to_save": ["classifier_head"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: what was meant is not known.
    ModuleToSaveMissing, Warning
}

impl ModuleToSaveMissing {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(member) = subject.subject.written("modules_to_save") else { return };
        // PEFT itself adds the names of several heads for a task, of which a model has one at most.
        let task = subject.subject.root.get("task_type").and_then(Node::as_str);
        let added = subject.subject.peft_type().map_or(&[][..], |method| heads(task, method));
        for (at, item) in member.node.items().iter().enumerate() {
            let Some(name) = item.as_str().filter(|name| !added.contains(name)) else { continue };
            if !subject.trees.iter().flat_map(|tree| tree.names()).any(|module| module.ends_with(name)) {
                let place = pointer::push(&pointer::push("", "modules_to_save"), at.to_string());
                let message = format!("no module of the model has a name ending with `{name}`");
                report.add(Self::INFO, place, item.span, message).help(meant(name, &subject.trees));
            }
        }
    }
}

/// What may be meant by a name: one that is spelt like it, or what people save in full.
fn meant(name: &str, trees: &[Tree]) -> String {
    let modules = || trees.iter().take(1).flat_map(|tree| &tree.modules).map(Module::last_part);
    if let Some(near) = nearest(name, modules()) {
        return format!("did you mean `{near}`?");
    }
    let ends = trees.iter().take(1).flat_map(|tree| tree.input.into_iter().chain(tree.output));
    let ends: Vec<_> = ends.map(|path| format!("`{}`", path.rsplit('.').next().unwrap_or(path))).collect();
    match ends.as_slice() {
        [] => "see `params` for the names of this model's modules".to_owned(),
        [input] => format!("the input embeddings of this model are {input}"),
        [input, output, ..] => format!("the input embeddings of this model are {input}, its output layer is {output}"),
    }
}
