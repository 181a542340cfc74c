use crate::dialects::adapterhub::checkpoint::Subject;
use crate::findings::{Report, rule};
use crate::tensors::Format;

rule! {
    /// The weights exist only as safetensors.
    ///
    /// ## Why is this bad
    /// Unless it is told otherwise, the adapters library looks for a `.bin`: `load_adapter(path)` raises an `OSError`
    /// (`Unable to load weights from pytorch checkpoint file`). With `use_safetensors=True` the adapter loads.
    ///
    /// ## Example
    /// ```text
    /// adapter_config.json
    /// adapter.safetensors    and no pytorch_adapter.bin
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: safetensors is the safer format, and worth the extra argument.
    SafetensorsAlone, Warning
}

impl SafetensorsAlone {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let is_safetensors = subject.file().is_some_and(|file| file.format() == Format::Safetensors);
        let [safetensors, torch] = subject.role.weights_names();
        let is_named_so = subject.weights.name == safetensors;
        if is_safetensors && is_named_so && subject.others.is_empty() {
            let message = format!("there is no `{torch}`, which is all that the library looks for by default");
            report.about_tensor(Self::INFO, "", message).help("load it with `use_safetensors=True`");
        }
    }
}
