use super::OnModel;
use crate::dialects::peft::expected::{Refusal, expect};
use crate::dialects::peft::rules::Slip;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// No module of the base model is adapted.
    ///
    /// ## Why is this bad
    /// PEFT looks for the modules that `target_modules` names, minus those that `exclude_modules`, `modules_to_save` or
    /// the layer keys leave out. If none remain, it raises a `ValueError`, both when an adapter is created and when one
    /// is loaded.
    ///
    /// ## Example
    /// On a LLaMA, whose projections have different names from those of BERT:
    /// ```json
    /// {"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["query", "value"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the config may be for a different model.
    NoModuleAdapted, Error
}

impl NoModuleAdapted {
    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(refusal) = subject.refusal() else { return };
        let (key, message) = match refusal {
            Refusal::NothingMatched if !in_any_layer(subject).is_empty() => {
                ("layers_to_transform", "no module of the model that matches `target_modules` is in these layers")
            }
            Refusal::NothingMatched => ("target_modules", "no module of the model matches `target_modules`"),
            Refusal::AllExcluded if subject.subject.set("exclude_modules").is_some() => {
                ("exclude_modules", "every module that could be adapted is excluded")
            }
            Refusal::AllExcluded => ("modules_to_save", "every module that could be adapted is saved in full instead"),
            _ => return,
        };
        let (pointer, span) = subject.place(key);
        let finding = report.add(Self::INFO, pointer, span, format!("{message}; PEFT raises a `ValueError`"));
        if matches!(refusal, Refusal::NothingMatched) {
            finding.help(match layers(subject).filter(|_| key == "layers_to_transform") {
                Some((first, last)) => format!("the modules that match are in the layers {first} to {last}"),
                None => match subject.under_other_path() {
                    Some((item, name)) => format!("what comes nearest to `{item}` is `{name}` in this model"),
                    None => format!("the linear layers of this model are named {}", subject.linear_names()),
                },
            });
            if let Some(slip) = subject.config.get(key).and_then(Slip::of).filter(|_| key == "target_modules") {
                slip.offer(finding);
            }
            if subject.subject.set("exclude_modules").is_some() {
                finding.also(subject.place("exclude_modules").1, "left out in any case");
            }
        }
    }
}

/// The modules that the targets would match without `layers_to_transform`, if that is what keeps them out.
fn in_any_layer(subject: &OnModel<'_>) -> Vec<String> {
    let mut config = subject.config.clone();
    if config.remove("layers_to_transform").is_none_or(|value| value == Value::Null) {
        return Vec::new();
    }
    let adapted = subject.trees.iter().filter_map(|tree| expect(&config, tree)?.ok());
    adapted.flat_map(|adapted| adapted.modules).collect()
}

/// The first and the last layer that has a module which the targets would match.
fn layers(subject: &OnModel<'_>) -> Option<(u64, u64)> {
    let numbers =
        in_any_layer(subject).into_iter().filter_map(|name| name.split('.').find_map(|part| part.parse().ok()));
    let numbers: Vec<u64> = numbers.collect();
    numbers.iter().min().copied().zip(numbers.iter().max().copied())
}
