use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::uses::Flaw;
use crate::document::Edit;
use crate::findings::{Report, rule};

rule! {
    /// A value of a type that the library cannot use.
    ///
    /// ## Why is this bad
    /// The library does not look at types when it reads a config; the value fails later, when the layer is built or first run, with an error of torch's or Python's that does not name the key. `scaling` is the best known case: it must be a float, and `1` is none.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": "16", "non_linearity": "relu"}
    /// ```
    ///
    /// ## Fix safety
    /// An integer where a float is needed gets its decimal point, a float without a fraction where an integer is needed
    /// loses it, a number or a flag in quotes loses them, and no layers are an empty list: unmistakably what was meant.
    WrongType, Error
}

impl WrongType {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for flaw in subject.flaws().iter().filter(|flaw| flaw.flaw == Some(Flaw::Type)) {
            let finding = report.add(Self::INFO, &flaw.pointer, flaw.span, &flaw.message);
            if let Some(cause) = flaw.cause {
                finding.also(cause, "this makes the library read it");
            }
            if flaw.key == "scaling" {
                finding.help("write the number with a decimal point, as 1.0");
            } else if !flaw.expected.is_empty() {
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
