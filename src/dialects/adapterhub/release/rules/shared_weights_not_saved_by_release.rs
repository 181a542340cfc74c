use super::keys_unusable_in_release::shares;
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::release::facts::since;
use crate::findings::{Report, Severity, rule};

rule! {
    /// The target release does not save the weights that Compacter's or VeRA's layers share.
    ///
    /// ## Why is this bad
    /// Up to adapters 1.1.1 an adapter is saved without what its layers share. When it is loaded again, it has other
    /// weights there, and computes something else. What a newer release saved is read in full, so for a saved adapter
    /// this is only a warning.
    ///
    /// Newer releases still lose these weights where the model is a bare base model (`AutoModel`). Models that are
    /// adapted through an adapter interface have no class of the adapters library with a place for heads, so for these
    /// a warning says so.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu", "phm_layer": true}
    /// ```
    ///
    /// for `adapters@1.0.1`.
    ///
    /// ## Fix safety
    /// There is no fix: the adapter must be saved by a newer release.
    SharedWeightsNotSavedByRelease, Error
}

impl SharedWeightsNotSavedByRelease {
    pub(crate) fn check(subject: &Subject<'_>, report: &mut Report) {
        let release = subject.release;
        if release.is_since(since::REFUSES_ARCHITECTURES) {
            Self::check_bare(subject, report);
            return;
        }
        let model = subject.model.as_ref();
        for config in subject.of(Method::Bottleneck).filter(|config| shares(config) && config.adapts_layers(model)) {
            let (at, span) = config.place_of("phm_layer");
            let message = format!(
                "{release} does not save what Compacter's layers share, so it is lost when the adapter is saved"
            );
            let finding = report.add(Self::INFO, at, span, message);
            finding.help("save it with adapters 1.2.0 or later, or set `shared_phm_rule` and `shared_W_phm` to false");
            if subject.is_saved_adapter() {
                finding.severity = Severity::Warning;
            }
        }
    }

    /// A bare base model has no attribute under which the names of shared weights would be found.
    fn check_bare(subject: &Subject<'_>, report: &mut Report) {
        let generic = subject.model.as_ref().filter(|model| model.support.is_some_and(|support| support.generic));
        // Of a whole file the weights tell whether they were lost.
        let Some(model) = generic.filter(|_| subject.root.get("config").is_none()) else { return };
        for config in subject.methods().filter(|config| config.adapts_layers(Some(model))) {
            let (key, what) = match config.method {
                Method::Bottleneck if shares(config) => ("phm_layer", "Compacter"),
                Method::Lora if config.is_vera() => ("vera_d", "VeRA"),
                _ => continue,
            };
            let (at, span) = config.place_of(key);
            let message = format!(
                "of a bare {} model, {} does not save what {what}'s layers share, so it is lost when the adapter is saved",
                model.model_type, subject.release
            );
            let finding = report.add(Self::INFO, at, span, message);
            finding.help("adapt a class with a head, such as `AutoModelForCausalLM`: there it is saved");
            finding.severity = Severity::Warning;
        }
    }
}
