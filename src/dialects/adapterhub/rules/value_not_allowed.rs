use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Activation;
use crate::dialects::adapterhub::uses::Flaw;
use crate::lint::{Report, rule};

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
            if let Some(near) = nearest(&flaw.key, subject.document.source.slice(flaw.span)) {
                finding.help(format!("did you mean \"{near}\"? It must be {}", flaw.expected));
                finding.suggest(flaw.span, format!("\"{near}\""), format!("Write \"{near}\""));
            }
        }
    }
}

/// The allowed text that is spelt most alike.
fn nearest(key: &str, raw: &str) -> Option<&'static str> {
    let written = raw.trim_matches('"').to_lowercase();
    if written == "gelu_orig" {
        return Some("gelu");
    }
    if key == "non_linearity" {
        return crate::lint::nearest(&written, Activation::names());
    }
    let allowed: &[&'static str] = match key {
        "composition_mode" => &["add", "scale"],
        "scaling" => &["learned", "channel"],
        "inv_adapter" => &["nice", "glow"],
        "combine" => &["prefix", "prefix_after_bos"],
        "prompt_init" => &["random_uniform", "from_string"],
        "phm_c_init" => &["normal", "uniform"],
        "init_weights" => &["bert", "mam_adapter", "houlsby", "lora", "ia3", "vera"],
        _ => &[],
    };
    crate::lint::nearest(&written, allowed.iter().copied())
}
