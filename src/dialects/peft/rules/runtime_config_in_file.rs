use crate::dialects::peft::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A `runtime_config` in a file.
    ///
    /// ## Why is this bad
    /// It is a setting of a running process. PEFT drops it from every file with a warning, whatever it holds.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "runtime_config": {"ephemeral_gpu_offload": true}}
    /// ```
    ///
    /// ## Fix safety
    /// The fix removes it, as PEFT does.
    RuntimeConfigInFile, Warning, Unnecessary
}

impl RuntimeConfigInFile {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if let Some(member) = subject.root.member("runtime_config") {
            let message = "`runtime_config` does not belong in a file; PEFT drops it with a warning";
            report.add(Self::INFO, "/runtime_config", member.key_span, message).remove_key(subject.document, true);
        }
    }
}
