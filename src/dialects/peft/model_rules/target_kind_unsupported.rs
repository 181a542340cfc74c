use super::OnModel;
use crate::dialects::peft::Subject;
use crate::dialects::peft::expected::{Refusal, is_refused_by_name};
use crate::document::pointer;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// A targeted module of a kind that the method cannot adapt.
    ///
    /// ## Why is this bad
    /// Each method has layers for certain kinds of modules: most for `torch.nn.Linear`, some for the `Conv1D` of GPT-2,
    /// for embeddings or convolutions; none for blocks or lists of modules. PEFT raises an exception at the first
    /// module of another kind. On Mamba it refuses `out_proj` and `conv1d` for LoRA and related methods, because the
    /// model reads their weights without calling the layers.
    ///
    /// ## Example
    /// On GPT-2, whose projections are `Conv1D`:
    /// ```json
    /// {"peft_type": "LOHA", "task_type": "CAUSAL_LM", "target_modules": ["c_attn"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: another method or other modules may be wanted.
    TargetKindUnsupported, Error
}

impl TargetKindUnsupported {
    /// On a model whose modules are not known here.
    pub(super) fn check_type(subject: &Subject<'_>, kind: &str, report: &mut Report) {
        // Which modules are left out is not known.
        let is_narrowed = ["exclude_modules", "layers_to_transform"]
            .iter()
            .any(|key| subject.value(key).is_some_and(|value| value != Value::Null));
        let Some(member) = subject.written("target_modules").filter(|_| !is_narrowed) else { return };
        let Some(method) = subject.peft_type() else { return };
        for (at, node) in member.node.items().iter().enumerate() {
            if let Some(name) = node.as_str().filter(|name| is_refused_by_name(method, name, kind)) {
                let place = pointer::push(&Subject::pointer_of(&member.key), at.to_string());
                let message = format!("PEFT refuses `{name}` in a model of type `{kind}`; it raises a `ValueError`");
                report.add(Self::INFO, place, node.span, message);
                return;
            }
        }
    }

    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(Refusal::Unsupported { module, kind }) = subject.refusal() else { return };
        let (pointer, span) = subject.place("target_modules");
        let Some(method) = subject.subject.peft_type() else { return };
        let model_type = subject.trees.first().map_or("", |tree| tree.model_type);
        let name = module.rsplit('.').next().unwrap_or(module);
        let message = if is_refused_by_name(method, name, model_type) {
            format!("PEFT refuses `{name}` in a model of type `{model_type}`; it raises a `ValueError`")
        } else {
            format!("{method} cannot adapt `{module}`, which is of kind `{kind}`")
        };
        report.add(Self::INFO, pointer, span, message);
    }
}
