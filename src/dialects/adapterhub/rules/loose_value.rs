use super::residual_never_defined::is_never_defined;
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::view::ConfigView;
use crate::findings::{Report, rule};

rule! {
    /// A value that is not what the key is meant to hold, and that the library takes all the same.
    ///
    /// ## Why is this bad
    /// Python tests flags by their truth, so `\"false\"` counts as true; it calculates with booleans; and it ignores what it does not find. The adapter runs, but perhaps not as the file seems to say, and other tools refuse the file.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": "false", "output_adapter": 1, "reduction_factor": 16, "non_linearity": "relu"}
    /// ```
    ///
    /// ## Fix safety
    /// A number in place of a flag is replaced by the flag it stands for; for anything else there is no fix.
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
            if let Some(letter) = as_letter(&flaw.key, subject.document.source.slice(flaw.span)) {
                finding.help(format!("write \"{letter}\""));
                finding.suggest(flaw.span, format!("\"{letter}\""), format!("Write \"{letter}\""));
            }
            if let Some(flag) = as_flag(&flaw.expected, subject.document.source.slice(flaw.span)) {
                finding.replace(flaw.span, flag, format!("Write `{flag}`"));
            }
        }
    }
}

/// The flag that a 0 or 1 stands for.
fn as_flag(expected: &str, raw: &str) -> Option<&'static str> {
    match (expected.starts_with("true or false"), raw) {
        (true, "0") => Some("false"),
        (true, "1") => Some("true"),
        _ => None,
    }
}

/// The letter that the library has for a matrix of the attention, for names that models and other libraries have.
fn as_letter(key: &str, raw: &str) -> Option<&'static str> {
    match (key, raw.trim_matches('"').to_lowercase().as_str()) {
        ("attn_matrices", "query" | "q_proj" | "q_lin" | "wq") => Some("q"),
        ("attn_matrices", "key" | "k_proj" | "k_lin" | "wk") => Some("k"),
        ("attn_matrices", "value" | "v_proj" | "v_lin" | "wv") => Some("v"),
        _ => None,
    }
}
