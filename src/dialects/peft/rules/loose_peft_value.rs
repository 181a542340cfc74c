use crate::dialects::peft::Subject;
use crate::document::Edit;
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
    /// A flag in quotes, or `1` and `0` for one, becomes `true` or `false`: this is safe where PEFT takes it for the
    /// same. `"false"`, which PEFT takes as true, was hardly meant so, but changing it changes what is computed: this is
    /// only suggested. For anything else there is no fix.
    LoosePeftValue, Warning
}

impl LoosePeftValue {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for flaw in subject.flaws().iter().filter(|flaw| flaw.flaw.is_none()) {
            let finding = report.add(Self::INFO, &flaw.pointer, flaw.span, &flaw.message);
            if !flaw.expected.is_empty() {
                finding.help(format!("it must be {}", flaw.expected));
            }
            if let Some((text, is_safe)) = &flaw.meant {
                finding.mend(vec![Edit::new(flaw.span, &**text)], format!("Write `{text}`"), *is_safe);
            }
        }
    }
}
