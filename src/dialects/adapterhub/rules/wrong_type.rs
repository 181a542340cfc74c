use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::uses::Flaw;
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
    /// An integer where a float is needed gets its decimal point; a number in quotes loses them. Both are unmistakably what was meant.
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
            if let Some(repaired) = repaired(&flaw.key, subject.document.source.slice(flaw.span)) {
                let title = format!("Write `{repaired}`");
                finding.replace(flaw.span, repaired, title);
            }
        }
    }
}

/// The number that was meant by an integer where a float is needed, or by a number in quotes.
fn repaired(key: &str, raw: &str) -> Option<String> {
    let number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if key == "scaling" {
        return number(raw.trim_start_matches('-')).then(|| format!("{raw}.0"));
    }
    let inner = raw.strip_prefix('"')?.strip_suffix('"')?;
    number(inner).then(|| inner.to_owned())
}
