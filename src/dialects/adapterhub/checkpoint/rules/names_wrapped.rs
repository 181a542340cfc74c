use crate::dialects::adapterhub::checkpoint::Subject;
use crate::findings::{Report, rule};
use crate::tensors::TensorFile;

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

/// Whether what stands before the names is the key under which a training state has the tensors, beside others.
fn is_key(key: &str, file: &TensorFile) -> bool {
    let is_beside = |name: &str| name.split('.').next() != Some(key);
    !key.contains('.') && (key.ends_with("state_dict") || file.others().iter().any(|other| is_beside(&other.name)))
}

impl NamesWrapped {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if let (Some(wrapper), Some(file)) = (&subject.saved.wrapper, subject.file()) {
            let first = file.iter().find(|tensor| tensor.name().starts_with(wrapper.as_str()));
            let message = format!("the names of the tensors start with `{wrapper}`, so nothing is loaded");
            let finding = report.about_tensor(Self::INFO, first.as_ref().map_or("", |tensor| tensor.name()), message);
            match wrapper.strip_suffix('.').filter(|key| is_key(key, file)) {
                Some(key) => finding.help(format!(
                    "the tensors are in a dict of their own, under the key `{key}`: save that dict alone"
                )),
                None => finding.help("save the adapter with `save_adapter` from the model itself"),
            };
        }
    }
}
