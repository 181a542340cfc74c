use crate::dialects::peft::PeftType::{Adalora, Lora};
use crate::dialects::peft::{LoraInit, Subject};
use crate::findings::{Report, rule};

rule! {
    /// Settings that PEFT ignores, given the other keys.
    ///
    /// ## Why is this bad
    /// The settings of an initialisation count only if `init_lora_weights` selects it, and AdaLoRA inherits keys of
    /// LoRA that it never reads. PEFT goes on, at most with a warning, and computes something other than the file seems
    /// to say.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "eva_config": {"rho": 2.0}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the other key may be the wrong one.
    PeftKeyWithoutEffect, Warning, Unnecessary
}

/// The settings of an initialisation.
const OF_INIT: [(&str, LoraInit); 4] = [
    ("loftq_config", LoraInit::Loftq),
    ("eva_config", LoraInit::Eva),
    ("corda_config", LoraInit::Corda),
    ("lora_ga_config", LoraInit::LoraGa),
];

/// Keys of LoRA that AdaLoRA has and never reads.
const INERT: [&str; 6] = ["use_rslora", "alpha_pattern", "lora_bias", "use_qalora", "kasa_config", "arrow_config"];

impl PeftKeyWithoutEffect {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let init = LoraInit::of(subject.value("init_lora_weights").as_ref());
        for (key, of) in OF_INIT {
            if let Some(member) = subject.set(key)
                && subject.is(Lora)
                && init != of
            {
                let name = of.name();
                let message = format!("`{key}` is set, but `init_lora_weights` is not \"{name}\"; PEFT ignores it");
                report.add(Self::INFO, Subject::pointer_of(key), member.key_span, message);
            }
        }
        for key in INERT {
            if let Some(member) = subject.set(key).filter(|_| subject.is(Adalora)) {
                let message = format!("AdaLoRA inherits `{key}` from LoRA and never reads it");
                report.add(Self::INFO, Subject::pointer_of(key), member.key_span, message);
            }
        }
        if let Some(member) = subject.written("r").filter(|_| subject.is(Adalora))
            && subject.number("r") != subject.default_number("r")
        {
            report
                .add(Self::INFO, "/r", member.node.span, "AdaLoRA ignores `r`")
                .help("its rank is `init_r`, which it cuts to `target_r`");
        }
    }
}
