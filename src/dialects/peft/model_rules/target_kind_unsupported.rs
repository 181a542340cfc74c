use super::OnModel;
use crate::dialects::peft::Subject;
use crate::dialects::peft::expected::Refusal;
use crate::document::pointer;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// A targeted module is of a kind that the method cannot adapt.
    ///
    /// ## Why is this bad
    /// Each method has layers for some kinds of modules: most for `torch.nn.Linear`, some for the `Conv1D` of GPT-2, for
    /// embeddings or convolutions; none for blocks or lists of modules. PEFT raises an exception at the first other one. On
    /// Mamba it refuses `out_proj` and `conv1d` to LoRA and its kin, as their weights are read past the layer.
    ///
    /// ## Example
    /// On GPT-2, whose projections are `Conv1D`:
    /// ```json
    /// {"peft_type": "LOHA", "task_type": "CAUSAL_LM", "target_modules": ["c_attn"]}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: another method or other modules may be wanted.
    TargetKindUnsupported, Error
}

/// Types in whose blocks PEFT refuses some modules to LoRA (`_check_lora_target_modules_mamba`).
const MAMBA: [&str; 4] = ["falcon_h1", "falcon_mamba", "mamba", "mamba2"];

impl TargetKindUnsupported {
    /// On a model whose modules are not known here.
    pub(super) fn check_type(subject: &Subject<'_>, kind: &str, report: &mut Report) {
        let is_lora = matches!(subject.method_name(), "LORA" | "ADALORA" | "RANDLORA");
        // Which modules are left out is not known.
        let is_narrowed = ["exclude_modules", "layers_to_transform"].iter().any(|key| {
            subject.value(key).is_some_and(|value| value != Value::Null)
        });
        let Some(member) = subject.written("target_modules").filter(|_| is_lora && !is_narrowed && MAMBA.contains(&kind)) else {
            return;
        };
        for (at, node) in member.node.items().iter().enumerate() {
            if let Some(name @ ("out_proj" | "conv1d")) = node.as_str() {
                let place = pointer::push(&Subject::pointer_of(&member.key), at.to_string());
                let message = format!("PEFT refuses `{name}` in a model of the type `{kind}`; it raises a `ValueError`");
                report.add(Self::INFO, place, node.span, message);
                return;
            }
        }
    }

    pub(super) fn check(subject: &OnModel<'_>, report: &mut Report) {
        let Some(Refusal::Unsupported { module, kind }) = subject.refusal() else { return };
        let (pointer, span) = subject.place("target_modules");
        let method = subject.subject.method_name();
        let message = format!("{method} cannot adapt `{module}`, which is of the kind `{kind}`");
        report.add(Self::INFO, pointer, span, message);
    }
}
