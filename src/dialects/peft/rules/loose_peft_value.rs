use crate::dialects::peft::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A value that is not what the key is meant to hold, and that PEFT takes all the same.
    ///
    /// ## Why is this bad
    /// Python tests flags by their truth, so `"false"` counts as true; it calculates with booleans; and it passes over
    /// what it does not find. The adapter runs, but perhaps not as the file seems to say, and other tools refuse the
    /// file.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "use_rslora": "false"}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: only the author knows what was meant.
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
