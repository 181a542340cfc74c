use super::residual_never_defined::is_never_defined;
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::view::ConfigView;
use crate::document::Edit;
use crate::findings::{Report, rule};

rule! {
    /// A value that is not what the key is meant to hold, but that the library accepts all the same.
    ///
    /// ## Why is this bad
    /// Python tests flags by their truth, so `"false"` counts as true; it calculates with booleans; and it ignores what
    /// it does not find. The adapter runs, but perhaps not as the file suggests, and other tools refuse the file.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": "false", "output_adapter": 1, "reduction_factor": 16, "non_linearity": "relu"}
    /// ```
    ///
    /// ## Fix safety
    /// A flag or a null in another spelling becomes what the adapters library takes it for, so the meaning stays the
    /// same. Where the library takes a value for something other than it seems to say, such as "false" for a flag or
    /// "query" for a matrix, the fix is only suggested.
    LooseValue, Warning
}

impl LooseValue {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for flaw in subject.flaws().iter().filter(|flaw| flaw.flaw.is_none()) {
            let is_told = |config: &ConfigView<'_>| {
                config.pointer == flaw.config && is_never_defined(config, subject.model.as_ref())
            };
            if flaw.key == "residual_before_ln" && subject.methods().any(is_told) {
                continue;
            }
            let finding = report.add(Self::INFO, &flaw.pointer, flaw.span, &flaw.message);
            if !flaw.expected.is_empty() {
                finding.help(format!("it must be {}", flaw.expected));
            }
            if let Some(meant) = &flaw.meant {
                finding.mend(
                    vec![Edit::new(flaw.span, &*meant.text)],
                    format!("Write `{}`", meant.text),
                    meant.is_safe,
                );
            }
        }
    }
}
