use crate::dialects::peft::PeftType::Lora;
use crate::dialects::peft::Subject;
use crate::dialects::peft::lora_init::{Loading, LoraInit};
use crate::findings::{Report, Severity, rule};
use crate::python::node_is_true;

rule! {
    /// A setting with which the saved adapter does not compute the same again.
    ///
    /// ## Why is this bad
    /// `pissa_niter_…` decomposes the base weights with a method that starts at random. PEFT repeats it whenever the
    /// adapter is loaded, and then takes a different part out of the base weights than during training. LoRA-GA takes a
    /// part out of the base weights before training, by gradients that are there only then, and never again: the saved
    /// tensors, loaded beside whole base weights, give a different model. That is a warning, since a config does not show
    /// whether gradients were gathered (`preprocess_loraga`); it is given for a config that was saved with an adapter, as
    /// `inference_mode` tells. With `sample_at_inference`, pVeRA draws its output anew in every pass.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "init_lora_weights": "pissa_niter_4"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix. PiSSA and LoRA-GA can be saved as a plain LoRA (`path_initial_model_for_weight_conversion`), and
    /// `"pissa"` decomposes exactly.
    OutputNotRepeatable, Error
}

impl OutputNotRepeatable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let written = subject.written("init_lora_weights").filter(|_| subject.is(Lora));
        if let Some(member) = written {
            let init = LoraInit::of(Some(&member.node.to_value()));
            if init.loading() == Loading::Redrawn {
                let message = "this decomposition starts at random; loaded again, the adapter meets different base weights from those it was trained with";
                report.add(Self::INFO, "/init_lora_weights", member.node.span, message);
            }
            if init.may_have_trained_beside_another_base() && is_saved(subject) {
                let message = "PEFT takes a part out of the base weights before such a training, but not when it loads the adapter: beside whole base weights it computes something else";
                let help = "save it with `path_initial_model_for_weight_conversion`, which makes it a plain LoRA";
                report.add(Self::INFO, "/init_lora_weights", member.node.span, message).help(help).severity =
                    Severity::Warning;
            }
        }
        if let Some(member) = subject.set("sample_at_inference") {
            let message = "the output is drawn at random, anew in every pass";
            report.add(Self::INFO, "/sample_at_inference", member.node.span, message);
        }
    }
}

/// Whether the config was saved with an adapter.
fn is_saved(subject: &Subject<'_>) -> bool {
    subject.written("inference_mode").is_some_and(|member| node_is_true(&member.node))
}
