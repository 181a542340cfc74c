use super::super::facts::fusion::PRESETS;
use super::super::facts::section::{Section, section};
use crate::dialects::adapterhub::Subject;
use crate::findings::words::quoted;
use crate::findings::{Report, rule};

rule! {
    /// A fusion in a model's config uses an unknown fusion config.
    ///
    /// ## Why is this bad
    /// Only `static` and `dynamic` can be named; for anything else the adapters library fails when the model is
    /// created.
    ///
    /// ## Example
    /// ```json
    /// {"adapters": {"adapters": {"a": "seq_bn", "b": "seq_bn"}, "fusions": {"a,b": "mine"}}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    FusionConfigUndefined, Error
}

impl FusionConfigUndefined {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(section) = section(subject) else { return };
        for member in section.members("fusions") {
            let value = member.node.to_value();
            let name = value.as_str().unwrap_or_default();
            if !PRESETS.contains(&name) && section.entry("fusion_config_map", name).is_none() {
                let message = format!("{} is not an AdapterFusion config", quoted(&value));
                report
                    .add(Self::INFO, Section::pointer("fusions", &member.key), member.node.span, message)
                    .help("write \"static\" or \"dynamic\"");
            }
        }
    }
}
