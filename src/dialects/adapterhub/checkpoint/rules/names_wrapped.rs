use crate::dialects::adapterhub::checkpoint::Subject;
use crate::dialects::adapterhub::checkpoint::subject::add;
use crate::findings::{Report, rule};

rule! {
    /// Something stands before the names of all tensors.
    ///
    /// ## Why is this bad
    /// The library finds none of them: it leaves the adapter as it was initialised, and says so only at the level INFO.
    /// Such names come from saving a model inside of another (`module.` of `DataParallel`, `_orig_mod.` of
    /// `torch.compile`) or a whole training state (`state_dict`).
    ///
    /// ## Example
    /// ```text
    /// module.bert.encoder.layer.0.output.adapters.a.adapter_up.weight
    /// ```
    ///
    /// ## Fix safety
    /// There is none here: the file has to be saved again, with the names as they should be.
    NamesWrapped, Error
}

impl NamesWrapped {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(comparison) = subject.comparison() else { return };
        if let Some(wrapper) = &comparison.wrapper {
            let first = comparison.beside.iter().find(|tensor| tensor.name().starts_with(wrapper.as_str()));
            let message = format!("`{wrapper}` stands before the names of the tensors; nothing is loaded");
            add(report, Self::INFO, first.map_or("", |tensor| tensor.name()), message)
                .help("save the adapter with `save_adapter` from the model itself");
        }
    }
}
