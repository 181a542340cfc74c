use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::{grouped, has_holder};
use crate::findings::{Report, rule};

rule! {
    /// The file contains tensors that belong to no adapter, AdapterFusion or head.
    ///
    /// ## Why is this bad
    /// The adapters library copies whatever it finds into the model. A tensor with the name of one of the base model's
    /// own silently replaces it, for all other adapters as well; one that the model does not have is ignored.
    ///
    /// ## Example
    /// ```text
    /// bert.encoder.layer.0.attention.self.query.weight    in pytorch_adapter.bin
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: such tensors may be intended, as weights that were trained together with the adapter.
    BaseModelOverwritten, Warning
}

impl BaseModelOverwritten {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(comparison) = subject.comparison().filter(|comparison| !comparison.is_misnamed()) else { return };
        let foreign = comparison.beside.iter().filter(|tensor| has_holder(**tensor).is_none());
        for group in grouped(foreign.map(|tensor| tensor.name())) {
            let (shown, what) = (group.counted(), subject.what());
            let message = format!(
                "not part of any {what}: {shown}, which the library copies over the base model's own, if there is one"
            );
            report
                .about_tensor(Self::INFO, group.first, message)
                .help("save the adapter again, so that the file contains only its own tensors");
        }
    }
}
