use crate::dialects::adapterhub::checkpoint::Subject;
use crate::findings::{Report, rule};

rule! {
    /// The names of all tensors have a prefix that does not belong there.
    ///
    /// ## Why is this bad
    /// The adapters library finds none of them: it leaves the adapter as it was initialised, and logs this only at
    /// level INFO. Such names come from saving a model wrapped in another (`module.` from `DataParallel`, `_orig_mod.`
    /// from `torch.compile`) or a whole training state (`state_dict`).
    ///
    /// ## Example
    /// ```text
    /// module.bert.encoder.layer.0.output.adapters.a.adapter_up.weight
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix here: the file must be saved again, with the right names.
    NamesWrapped, Error
}

impl NamesWrapped {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if let (Some(wrapper), Some(file)) = (&subject.saved.wrapper, subject.file()) {
            let first = file.iter().find(|tensor| tensor.name().starts_with(wrapper.as_str()));
            let message = format!("the names of the tensors start with `{wrapper}`, so nothing is loaded");
            report
                .about_tensor(Self::INFO, first.as_ref().map_or("", |tensor| tensor.name()), message)
                .help("save the adapter with `save_adapter` from the model itself");
        }
    }
}
