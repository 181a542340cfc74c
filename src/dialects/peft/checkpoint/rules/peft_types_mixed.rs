use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::names::{Name, Owner};
use crate::findings::{Report, rule};
use crate::tensors::{Dtype, Kind};

rule! {
    /// The tensors of a method have different types.
    ///
    /// ## Why is this bad
    /// PEFT casts each tensor to the type of its parameter, so nothing is lost on loading. But programs that stack
    /// adapters (vLLM, TensorRT-LLM) or read them as one type may refuse the file, and the values in a type with fewer
    /// bits were rounded when they were saved.
    ///
    /// ## Example
    /// ```text
    /// ...q_proj.lora_A.weight    F32
    /// ...q_proj.lora_B.weight    BF16
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix; save all tensors in one type.
    PeftTypesMixed, Note
}

impl PeftTypesMixed {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        let Some(file) = facts.file().filter(|_| facts.config().is_some()) else { return };
        let mut types: Vec<(Dtype, &str)> = Vec::new();
        for tensor in file.iter() {
            // What is kept of the base model may have the type that it has there.
            let is_own = matches!(Name::parse(tensor.name()).owner, Owner::Part { .. });
            if is_own && tensor.dtype().kind() == Kind::Float && types.iter().all(|(known, _)| *known != tensor.dtype())
            {
                types.push((tensor.dtype(), tensor.name()));
            }
        }
        if let [_, (_, second), ..] = types[..] {
            let shown: Vec<_> = types.iter().map(|(dtype, name)| format!("{dtype} (`{name}`)")).collect();
            report.about_tensor(Self::INFO, second, format!("the tensors have different types: {}", shown.join(", ")));
        }
    }
}
