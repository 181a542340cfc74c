use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::{add, grouped, has_holder};
use crate::findings::{Report, rule};

rule! {
    /// Tensors that belong to no adapter, AdapterFusion or head.
    ///
    /// ## Why is this bad
    /// The library copies whatever it finds into the model. A tensor with the name of one of the base model's own takes
    /// its place, for all other adapters as well, without a word; one that the model does not have is left out.
    ///
    /// ## Example
    /// ```text
    /// bert.encoder.layer.0.attention.self.query.weight    in pytorch_adapter.bin
    /// ```
    ///
    /// ## Fix safety
    /// There is none: such tensors may be meant, as weights that were trained along.
    BaseModelOverwritten, Warning
}

impl BaseModelOverwritten {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(comparison) = subject.comparison().filter(|comparison| !comparison.is_misnamed()) else { return };
        let foreign = comparison.beside.iter().filter(|tensor| has_holder(**tensor).is_none());
        for group in grouped(foreign.map(|tensor| tensor.name())) {
            let (shown, what) = (group.counted(), subject.what());
            let message = format!(
                "{shown} of no {what}: the library puts it in the place of the base model's own, if there is one"
            );
            add(report, Self::INFO, group.first, message)
                .help("save the adapter again, so that only its own tensors are in the file");
        }
    }
}
