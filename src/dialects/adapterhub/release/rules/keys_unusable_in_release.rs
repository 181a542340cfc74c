use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::release::facts::since;
use crate::dialects::adapterhub::view::ConfigView;
use crate::findings::{Report, rule};

rule! {
    /// The target release cannot build a combination of keys that later releases can.
    ///
    /// ## Why is this bad
    /// Up to adapters 1.0.1 `"mam_adapter"` initialised the first module of the adapter, which with `ln_before` is a
    /// layer norm: torch raises a `ValueError`. In adapter-transformers 3.x the adapter in layer 0 initialised
    /// Compacter's shared weights: without one a `KeyError` is raised.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu", "ln_before": true,
    ///  "init_weights": "mam_adapter"}
    /// ```
    ///
    /// for `adapters@1.0.1`.
    ///
    /// ## Fix safety
    /// There is no fix.
    KeysUnusableInRelease, Error
}

impl KeysUnusableInRelease {
    pub(crate) fn check(subject: &Subject<'_>, report: &mut Report) {
        let release = subject.release;
        let model = subject.model.as_ref();
        for config in subject.of(Method::Bottleneck) {
            let is_mam = config.value("init_weights").is_some_and(|init| init.as_str() == Some("mam_adapter"));
            if !release.is_since(since::SCALES_LORA)
                && is_mam
                && config.is_true("ln_before")
                && config.adapts_layers(model)
            {
                let (at, span) = config.place_of("init_weights");
                let message =
                    format!("{release} cannot apply the initialisation \"mam_adapter\" to an adapter with `ln_before`");
                let finding = report.add(Self::INFO, at, span, message);
                finding.help("use \"bert\"");
                if let Some(member) = config.written("ln_before") {
                    finding.also(member.node.span, "conflicts with this");
                }
            }
            if !release.is_since(since::ADAPTERS)
                && shares(config)
                && (config.leaves_out(0) || !config.adapts_layers(model))
            {
                let (at, span) = config.place_of("phm_layer");
                let message =
                    format!("{release} needs an adapter in layer 0 to initialise what Compacter's layers share");
                report
                    .add(Self::INFO, at, span, message)
                    .help("adapt layer 0, or set `shared_phm_rule` and `shared_W_phm` to false");
            }
        }
    }
}

/// Whether the layers of a Compacter share weights.
pub(super) fn shares(config: &ConfigView<'_>) -> bool {
    config.is_true("phm_layer") && (config.is_true("shared_phm_rule") || config.is_true("shared_W_phm"))
}
