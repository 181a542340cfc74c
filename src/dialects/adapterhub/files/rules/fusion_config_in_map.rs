use super::super::facts::section::{Section, section};
use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A fusion in a model's config uses an entry of `fusion_config_map`.
    ///
    /// ## Why is this bad
    /// The adapters library writes its own configs into this map, but does not turn them back into config objects when
    /// it reads them, so it raises an `AttributeError` for `dropout_prob`. Even `static` and `dynamic` are looked up
    /// here first.
    ///
    /// ## Example
    /// ```json
    /// {"adapters": {"adapters": {"a": "seq_bn", "b": "seq_bn"}, "config_map": {},
    ///   "fusions": {"a,b": "x"}, "fusion_config_map": {"x": {"key": true}}}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: use `static` or `dynamic` without an entry in the map, or save the fusion with
    /// `save_adapter_fusion`.
    FusionConfigInMap, Error
}

impl FusionConfigInMap {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(section) = section(subject) else { return };
        for member in section.members("fusions") {
            let Some(name) = member.node.as_str() else { continue };
            if let Some(entry) = section.entry("fusion_config_map", name) {
                let pointer = Section::pointer("fusion_config_map", name);
                let finding = report.add(
                    Self::INFO,
                    pointer,
                    entry.key_span,
                    "the library cannot read the config of a fusion from this map",
                );
                finding.also(member.node.span, "used here");
                finding.help("use \"static\" or \"dynamic\", or keep the fusion in a file of its own");
            }
        }
    }
}
