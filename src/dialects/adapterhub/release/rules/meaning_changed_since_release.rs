use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::release::meaning::{Turn, turns};
use crate::findings::{Report, rule};

rule! {
    /// The target release computes something other than the file means.
    ///
    /// ## Why is this bad
    /// The file loads, but computes a different function from the release that saved it, or from the newest release if
    /// it does not say which that was. For example, adapters 0.1.0 to 1.0.1 left out LoRA's `alpha / r`, `gelu` was the
    /// tanh approximation up to adapter-transformers 2.3.0, and some models passed other tensors to their adapters.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "lora", "r": 8, "alpha": 16}
    /// ```
    ///
    /// for `adapters@1.0.1`.
    ///
    /// ## Fix safety
    /// An activation is renamed where the release has another name for the same function; not safely if the file does
    /// not say which release saved it, as it may have been written for this one. There is no fix for other keys.
    MeaningChangedSinceRelease, Warning, OtherMeaning
}

impl MeaningChangedSinceRelease {
    pub(crate) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.configs.iter().filter(|config| config.method != Method::Union) {
            for Turn { key, message, help, write, is_told } in turns(subject, config) {
                let (at, span) = config.place_of(key);
                let finding = report.add(Self::INFO, at, span, message);
                finding.help(help);
                if let Some(text) = write {
                    let title = format!("Write `{text}`");
                    match is_told {
                        true => finding.replace(span, text, title),
                        false => finding.suggest(span, text, title),
                    };
                }
            }
        }
    }
}
