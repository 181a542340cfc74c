use crate::dialects::peft::PeftType::{Adalora, Lora};
use crate::dialects::peft::read::idle_keys;
use crate::dialects::peft::view::KeyFlaw;
use crate::dialects::peft::{LoraInit, Subject};
use crate::document::Node;
use crate::findings::{Report, rule};
use crate::python::node_is_true;

rule! {
    /// Settings that PEFT ignores, given the other keys.
    ///
    /// ## Why is this bad
    /// The settings of an initialisation count only if `init_lora_weights` selects it, AdaLoRA inherits keys of LoRA that it
    /// never reads, and other keys belong to a variant that another key turns on (`eps` to `coft`, `mini_r` to the
    /// initialisation `mini`, `encoder_dropout` to an LSTM). PEFT goes on, at most with a warning, and computes something other
    /// than the file seems to say. A key with its default is not reported, as PEFT writes all of them.
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

impl PeftKeyWithoutEffect {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let init = LoraInit::of(subject.value("init_lora_weights").as_ref());
        for (key, of) in OF_INIT {
            if let Some(member) = subject.written(key).filter(|member| says_something(key, &member.node))
                && subject.is(Lora)
                && init != of
            {
                let name = of.name();
                let message = format!("`{key}` is set, but `init_lora_weights` is not \"{name}\"; PEFT ignores it");
                report.add(Self::INFO, Subject::pointer_of(key), member.key_span, message);
            }
        }
        for (key, why) in idle_keys(subject) {
            // What is wrong with the value itself is told with the same reason.
            let pointer = Subject::pointer_of(key);
            let is_told = |flaw: &KeyFlaw| flaw.pointer == pointer;
            if let Some(member) = subject.written(key).filter(|_| !subject.flaws().iter().any(is_told)) {
                let message = format!("`{key}` has no effect: {why}");
                report.add(Self::INFO, &pointer, member.key_span, message);
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

/// Whether settings are there at all: those of LoftQ are an empty object by default, and the others null.
fn says_something(key: &str, node: &Node) -> bool {
    if key == "loftq_config" { node_is_true(node) } else { !node.is_null() }
}
