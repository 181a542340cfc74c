use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::slots::Site;
use crate::findings::{Report, rule};

rule! {
    /// The parameters that all of an adapter's modules share are missing from the file.
    ///
    /// ## Why is this bad
    /// Compacter's modules share a rule (`phm_rule`), VeRA's share two random matrices. adapters before 1.2 and
    /// adapter-transformers do not save them at all; since then they are lost when the adapter is saved from a bare
    /// base model, such as `BertModel` rather than `BertAdapterModel`. The library makes new random ones and reports
    /// nothing, not even at level INFO: the adapter computes something else each time it is loaded.
    ///
    /// ## Example
    /// ```text
    /// encoder.layer.0.output.adapters.a.adapter_down.0.W_left    and no shared_parameters.a.phm_rule
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: the numbers are lost. Save the adapter from a model class with heads.
    SharedParametersLost, Error
}

impl SharedParametersLost {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(comparison) = subject.comparison().filter(|comparison| comparison.is_placed()) else { return };
        let is_shared = |site: &Site| *site == Site::Shared;
        let lost =
            comparison.missing().filter(|expected| expected.slot.as_ref().is_some_and(|slot| is_shared(&slot.site)));
        for expected in lost {
            let message =
                format!("`{}`, which all modules of the adapter share, is missing and becomes random", expected.name());
            report.about_tensor(Self::INFO, expected.name(), message).help(
                "train the adapter again, and save it from a class with heads, such as `BertAdapterModel`, with \
                 adapters 1.2 or newer",
            );
        }
    }
}
