use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::load::version::is_before_1_1_0;
use crate::document::Edit;
use crate::findings::{Report, rule};
use crate::python::equal;

rule! {
    /// The file has a LoRA `alpha`, but was saved by a release that did not use it.
    ///
    /// ## Why is this bad
    /// adapters 0.1 to 1.0.1 did not scale LoRA's update by alpha ÷ r. Since 1.1.0 the library replaces `alpha` by `r`
    /// when it loads a file saved by such a release, so that the adapter computes the same as before. It only does so
    /// if the `version` is `adapters.1.0.x`: files of 0.x carry a bare version and are not repaired, nor are LoRA
    /// configs within a union.
    ///
    /// ## Example
    /// ```json
    /// {"name": "sst-2", "config": {"architecture": "lora", "r": 8, "alpha": 16}, "version": "adapters.1.0.1"}
    /// ```
    ///
    /// ## Fix safety
    /// Setting `alpha` to `r` is what the library does on loading, so the meaning stays the same. Where it should do so
    /// but does not, the fix is only suggested.
    AlphaOverwritten, Warning
}

impl AlphaOverwritten {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if subject.of(Method::Lora).next().is_none() {
            return;
        }
        let Some(version) = subject.saved_member("version").and_then(|member| member.node.as_str()) else { return };
        let prefixed = subject.is_of_adapters_1_0();
        let bare = version.starts_with("0.") && is_before_1_1_0(version) == Some(true);
        if !prefixed && !bare {
            return;
        }
        for config in subject.of(Method::Lora) {
            let (Some(alpha), Some(r)) = (config.written("alpha"), config.value("r")) else { continue };
            if equal(&alpha.node.to_value(), &r) {
                continue;
            }
            let is_repaired = prefixed && config.union.is_none();
            let message = if is_repaired {
                "the library replaces this `alpha` by `r`, because the release that saved the file did not use it"
            } else {
                "the release that saved the file did not use `alpha`, and the library does not repair it here: the \
                 update is not scaled as it was in training"
            };
            let (pointer, span) = config.place_of("alpha");
            let finding = report.add(Self::INFO, pointer, span, message);
            finding.help("set `alpha` to the value of `r`");
            if let (Some(_), Some(r)) = (config.written("alpha"), config.written("r")) {
                let rank = subject.document.source.slice(r.node.span).to_owned();
                finding.mend(vec![Edit::new(span, rank)], "Set `alpha` to `r`", is_repaired);
            }
        }
    }
}
