use crate::dialects::adapterhub::checkpoint::{Role, Subject};
use crate::dialects::adapterhub::release::facts::since;
use crate::findings::{Report, rule};
use crate::tensors::{Format, TensorFile};

rule! {
    /// The target release cannot read the weights, or does not find them.
    ///
    /// ## Why is this bad
    /// Before adapters 0.2.1 the libraries read only pickles. In adapter-transformers 1.x the names of an adapter's
    /// tensors contain its type (`layer_text_task_adapters`); it silently loads a file with the names of later
    /// releases, and leaves the adapter as it was initialised.
    ///
    /// ## Example
    /// ```text
    /// adapter_config.json
    /// adapter.safetensors    for adapters@0.2.0
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    WeightsUnreadableByRelease, Error
}

impl WeightsUnreadableByRelease {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let release = subject.release;
        let Some(file) = subject.file() else { return };
        if file.format() == Format::Safetensors && !release.is_since(since::SAFETENSORS) {
            let message = format!("{release} cannot read safetensors, which came with {}", since::SAFETENSORS);
            report.about_tensor(Self::INFO, "", message).help("save the weights as a torch pickle");
            return;
        }
        let is_renamed = subject.role == Role::Adapter && release.refuses_unknown_keys() && !has_names_of_1(file);
        if let Some(first) = file.iter().next().filter(|_| is_renamed) {
            let message = format!("{release} finds none of these tensors: their names are those of later releases");
            report
                .about_tensor(Self::INFO, first.name(), message)
                .help("there is no conversion back to the names of 1.x; use adapter-transformers 2.0.0 or later");
        }
    }
}

/// Whether any name tells the type of the adapter.
fn has_names_of_1(file: &TensorFile) -> bool {
    let marks = ["_text_task_adapters", "_text_lang_adapters", "invertible_lang_adapters"];
    file.iter().any(|tensor| tensor.name().split('.').any(|part| marks.iter().any(|mark| part.ends_with(mark))))
}
