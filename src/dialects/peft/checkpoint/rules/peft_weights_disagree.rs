use crate::dialects::peft::checkpoint::Facts;
use crate::findings::{Report, rule};
use crate::tensors::Format;

rule! {
    /// The `adapter_model.safetensors` and the `adapter_model.bin` in one folder differ.
    ///
    /// ## Why is this bad
    /// If both are there, PEFT takes the safetensors file and never looks at the `.bin`; other programs may take the
    /// other. One of the two is stale, usually because a later run saved in the other format.
    ///
    /// ## Example
    /// ```text
    /// adapter_model.safetensors
    /// adapter_model.bin            with other values
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows which one is meant.
    PeftWeightsDisagree, Warning
}

impl PeftWeightsDisagree {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        let Some(file) = facts.file().filter(|file| file.format() == Format::Safetensors) else { return };
        let Some((other, torch)) = facts.other.and_then(|other| Some((other, other.tensors.as_ref().ok()?))) else {
            return;
        };
        let lacking = file.iter().find(|tensor| torch.get(tensor.name()).is_none());
        let more = torch.iter().find(|tensor| file.get(tensor.name()).is_none());
        let differs = || {
            file.iter().find(|tensor| {
                torch.get(tensor.name()).is_some_and(|other| {
                    (tensor.shape(), tensor.dtype()) != (other.shape(), other.dtype())
                        || (facts.reads_numbers && facts.differ(*tensor, other))
                })
            })
        };
        let (what, tensor) = match (lacking, more) {
            (Some(tensor), _) => ("it lacks", tensor),
            (None, Some(tensor)) => ("only it has", tensor),
            (None, None) => match differs() {
                Some(tensor) => ("it has something else in", tensor),
                None => return,
            },
        };
        let message = format!(
            "`{}` beside this file differs, and PEFT reads this one alone: for example, {what} `{}`",
            other.name,
            tensor.name()
        );
        report.about_tensor(Self::INFO, tensor.name(), message).help("remove the wrong file, or save both again");
    }
}
