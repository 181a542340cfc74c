use crate::dialects::peft::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A value that the key is not meant to hold, but that PEFT accepts.
    ///
    /// ## Why is this bad
    /// Python tests flags for truthiness, so `"false"` counts as true; it calculates with booleans; and it skips what
    /// it does not find. The adapter runs, but perhaps not as the file seems to say, and other tools refuse the file.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "use_rslora": "false"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows what was meant.
    LoosePeftValue, Warning
}

impl LoosePeftValue {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for flaw in subject.flaws().iter().filter(|flaw| flaw.flaw.is_none()) {
            let finding = report.add(Self::INFO, &flaw.pointer, flaw.span, &flaw.message);
            if !flaw.expected.is_empty() {
                finding.help(format!("it must be {}", flaw.expected));
            }
        }
    }
}
