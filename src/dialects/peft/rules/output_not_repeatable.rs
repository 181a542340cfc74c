use crate::dialects::peft::PeftType::Lora;
use crate::dialects::peft::Subject;
use crate::dialects::peft::lora_init::{Loading, LoraInit};
use crate::findings::{Report, rule};

rule! {
    /// A setting with which the saved adapter does not compute the same again.
    ///
    /// ## Why is this bad
    /// `pissa_niter_…` decomposes the base weights with a method that starts at random. PEFT repeats it whenever the
    /// adapter is loaded, and then takes a different part out of the base weights than during training. With
    /// `sample_at_inference`, pVeRA draws its output anew in every pass.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "init_lora_weights": "pissa_niter_4"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix. PiSSA can be saved as a plain LoRA (`path_initial_model_for_weight_conversion`), and `"pissa"`
    /// decomposes exactly.
    OutputNotRepeatable, Error
}

impl OutputNotRepeatable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let init = subject.written("init_lora_weights").filter(|_| subject.is(Lora));
        if let Some(member) = init
            && LoraInit::of(Some(&member.node.to_value())).loading() == Loading::Redrawn
        {
            let message = "this decomposition starts at random; loaded again, the adapter meets different base weights from those it was trained with";
            report.add(Self::INFO, "/init_lora_weights", member.node.span, message);
        }
        if let Some(member) = subject.set("sample_at_inference") {
            let message = "the output is drawn at random, anew in every pass";
            report.add(Self::INFO, "/sample_at_inference", member.node.span, message);
        }
    }
}
