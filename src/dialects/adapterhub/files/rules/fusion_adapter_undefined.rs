use super::super::facts::section::section;
use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A fusion names an adapter that the model does not have.
    ///
    /// ## Why is this bad
    /// The adapters library raises a `ValueError` when the model is created. The adapters are listed in
    /// `fusion_name_map`, or are the fusion's name split at commas, where a space becomes part of a name.
    ///
    /// ## Example
    /// ```json
    /// {"adapters": {"adapters": {"a": "seq_bn"}, "fusions": {"a,b": "static"}}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    FusionAdapterUndefined, Error
}

impl FusionAdapterUndefined {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(section) = section(subject) else { return };
        for fusion in section.fusions() {
            let message = match &fusion.adapters {
                None => "the adapters of a fusion must be a list of names".to_owned(),
                Some(names) if names.is_empty() => "the fusion names no adapters, so it gets no weights".to_owned(),
                Some(names) => match names.iter().find(|name| !section.has_config(name)) {
                    Some(name) if section.entry("adapters", name).is_some() => {
                        format!("the adapter \"{name}\" of the fusion has no config")
                    }
                    Some(name) => format!("there is no adapter \"{name}\" to fuse"),
                    None => continue,
                },
            };
            let finding = report.add(Self::INFO, fusion.pointer, fusion.node.span, message);
            finding.also(section.place_of("adapters"), "the adapters of the model");
        }
    }
}
