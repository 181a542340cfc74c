use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::uses::Flaw;
use crate::findings::{Report, rule};

rule! {
    /// A value that is none of the few that the library knows.
    ///
    /// ## Why is this bad
    /// The library compares the value with the names it knows and raises a `ValueError`, `KeyError` or `AssertionError` for every other, some only when the model is already loaded.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "rleu"}
    /// ```
    ///
    /// ## Fix safety
    /// A near name is suggested, not applied: it changes what is computed.
    ValueNotAllowed, Error
}

impl ValueNotAllowed {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for flaw in subject.flaws().iter().filter(|flaw| flaw.flaw == Some(Flaw::Choice)) {
            let finding = report.add(Self::INFO, &flaw.pointer, flaw.span, &flaw.message);
            if let Some(cause) = flaw.cause {
                finding.also(cause, "this makes the library read it");
            }
            if !flaw.expected.is_empty() {
                finding.help(format!("it must be {}", flaw.expected));
            }
            if let Some(near) = nearest(&flaw.texts, subject.document.source.slice(flaw.span)) {
                finding.help(format!("did you mean \"{near}\"? It must be {}", flaw.expected));
                finding.suggest(flaw.span, format!("\"{near}\""), format!("Write \"{near}\""));
            }
        }
    }
}

/// The allowed text that is spelt most alike.
fn nearest(texts: &[&'static str], raw: &str) -> Option<&'static str> {
    let written = raw.trim_matches('"').to_lowercase();
    // The old name of the exact GELU.
    let written = if written == "gelu_orig" { "gelu" } else { &written };
    let same = texts.iter().find(|text| **text == written).copied();
    same.or_else(|| crate::findings::nearest(written, texts.iter().copied()))
}
