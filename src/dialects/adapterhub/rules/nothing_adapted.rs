use super::architecture_contradicts_keys::contradicted;
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::view::title_with_article;
use crate::findings::{Report, rule};

rule! {
    /// The config does not insert a module anywhere.
    ///
    /// ## Why is this bad
    /// Every place is switched off, or the lists name nothing that exists. The adapter can be added, trained and saved
    /// without an error, but does nothing.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": false, "reduction_factor": 16, "non_linearity": "relu"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    NothingAdapted, Warning
}

impl NothingAdapted {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.methods() {
            let model = subject.model.as_ref();
            if config.adapts_layers(model) || (config.method == Method::Bottleneck && config.is_true("inv_adapter")) {
                continue;
            }
            // Prefix tuning of no layer fails, as does a config without its keys; one of another method is not judged.
            let fails = (config.method == Method::PrefixTuning && !config.reaches_a_layer(model))
                || ["mh_adapter", "output_adapter"]
                    .iter()
                    .any(|key| config.required().contains(key) && config.written(key).is_none());
            if fails || contradicted(subject, config).is_some() {
                continue;
            }
            let key = match config.method {
                Method::Bottleneck => ["mh_adapter", "output_adapter", "cross_adapter"].as_slice(),
                Method::Reft => ["output_reft", "layers"].as_slice(),
                _ => ["selfattn_lora", "attn_matrices"].as_slice(),
            };
            let key = if config.reaches_a_layer(model) { key } else { &["leave_out", "layers"] };
            let written = key.iter().find(|key| config.written(key).is_some()).copied().unwrap_or(key[0]);
            let (pointer, span) = config.heading_of(written);
            report
                .add(
                    Self::INFO,
                    pointer,
                    span,
                    format!("this config of {} does not adapt anything", title_with_article(config.method)),
                )
                .help("switch on a place, or name layers and matrices that the model has");
        }
    }
}
