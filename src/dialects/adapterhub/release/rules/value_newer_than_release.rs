use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::release::meaning::is_ambiguous;
use crate::dialects::adapterhub::release::values::older;
use crate::dialects::adapterhub::uses::Flaw;
use crate::findings::{Edit, Fix, Report, rule};

rule! {
    /// The target release does not accept a value.
    ///
    /// ## Why is this bad
    /// The release has the key, but refuses this value, which later ones accept: an activation that transformers did
    /// not have yet, a way to initialise weights, a width that is not an integer.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "gelu", "scaling": "channel"}
    /// ```
    ///
    /// for `adapters@1.0.1`.
    ///
    /// ## Fix safety
    /// If the release has another name for the same function, or another spelling of the same number, the fix writes
    /// it. How weights are initialised matters only until they are trained. There is no fix where that name is another
    /// function to the release that saved the file, as `gelu` up to adapter-transformers 2.3.0 is the tanh approximation,
    /// and later the exact GELU: the file would not tell any more which of the two it means.
    ValueNewerThanRelease, Error
}

impl ValueNewerThanRelease {
    pub(crate) fn check(subject: &Subject<'_>, report: &mut Report) {
        for flaw in subject.flaws().iter().filter(|flaw| flaw.flaw == Some(Flaw::Newer)) {
            let finding = report.add(Self::INFO, &flaw.pointer, flaw.span, &flaw.message);
            let Some(config) = subject.configs.iter().find(|config| config.pointer == flaw.config) else { continue };
            let Some(value) = config.value(&flaw.key) else { continue };
            match older(subject.release, &flaw.key, &value) {
                Some((text, _)) if is_misread(subject, &flaw.key, &text) => {
                    finding.help(format!(
                        "{} calls it `{text}`, which in this file would mean another function; `adapter-lint convert` \
                         writes the adapter as the release does",
                        subject.release
                    ));
                }
                Some((text, always)) => {
                    finding.help(format!("write `{text}`"));
                    let Some(member) = config.written(&flaw.key) else { continue };
                    let edits = vec![Edit { span: member.node.span, text: text.clone() }];
                    let safe = always || subject.is_saved_adapter();
                    finding.fix = Some(Fix { title: format!("Write `{text}`"), safe, edits });
                }
                None => {
                    finding.help(format!("nothing in {} computes the same", subject.release));
                }
            }
        }
    }
}

/// Whether a value, as JSON, would be taken for another than the one that it replaces.
fn is_misread(subject: &Subject<'_>, key: &str, text: &str) -> bool {
    key == "non_linearity" && is_ambiguous(subject, text.trim_matches('"'))
}
