use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::uses::Flaw;
use crate::document::Edit;
use crate::findings::{Report, rule};

rule! {
    /// A value has a type that the library cannot use.
    ///
    /// ## Why is this bad
    /// The adapters library does not check types when it reads a config; the value fails later, when the layer is built
    /// or first run, with an error from torch or Python that does not name the key. `scaling` is the best-known case:
    /// it must be a float, and `1` is not one.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": "16", "non_linearity": "relu"}
    /// ```
    ///
    /// ## Fix safety
    /// These fixes are safe: an integer gets a decimal point where a float is needed, a float without a fraction loses
    /// it where an integer is needed, a number or a flag loses its quotes, and "no layers" becomes an empty list.
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
                finding.help("write the number with a decimal point, such as 1.0");
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
