use super::is_looked_for;
use crate::dialects::File;
use crate::document::Span;
use crate::findings::{Report, rule};

rule! {
    /// An `adapter_config.json` that has neither the keys of PEFT nor those of AdapterHub.
    ///
    /// ## Why is this bad
    /// Both libraries look for a file of this name and stumble over this one: PEFT raises a `KeyError` for want of
    /// `peft_type`, AdapterHub's a `KeyError` for want of `name` and `config`. It may be a program's own file, which had
    /// better be called otherwise, or a config whose most important key is missing.
    ///
    /// ## Example
    /// ```json
    /// {"rank": 8, "alpha": 16, "layers": 4}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: what was meant is not in the file.
    ConfigOfNobody, Error
}

impl ConfigOfNobody {
    pub(super) fn check(file: File<'_>, report: &mut Report) {
        if !is_looked_for(file) {
            return;
        }
        let start = file.root.span.start;
        let brace = Span::new(start, start + 1);
        report
            .add(Self::INFO, "", brace, "neither PEFT nor AdapterHub can read this as the config of an adapter")
            .help(
                "PEFT needs `peft_type`, such as \"LORA\" with the keys `r`, `lora_alpha` and `target_modules`; AdapterHub \
                 needs `name`, and the method's keys in an object `config`",
            );
    }
}
