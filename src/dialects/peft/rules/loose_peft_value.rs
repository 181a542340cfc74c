use crate::dialects::peft::Subject;
use crate::dialects::peft::flaws::tell;
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
        tell(Self::INFO, None, subject, report);
    }
}
