use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::{Report, rule};

rule! {
    /// The `dtype` differs from that of the base model.
    ///
    /// ## Why is this bad
    /// The parameters get this type and are multiplied with hidden states of the base model's type, where torch raises
    /// a `RuntimeError`. It works only if the base model is loaded in the same type.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "lora", "dtype": "float16"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    DtypeMismatch, Error
}

impl DtypeMismatch {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in
            subject.methods().filter(|config| !config.is_scaling() && config.adapts_layers(subject.model.as_ref()))
        {
            if !matches!(config.method, Method::Lora | Method::MtlLora | Method::Reft) {
                continue;
            }
            let Some(value) = config.value("dtype") else { continue };
            let other = matches!(value.as_str(), Some("float16" | "half" | "bfloat16" | "float64" | "double"));
            if other && subject.model_dtype() != value.as_str() {
                let (pointer, span) = config.place_of("dtype");
                let name = value.as_str().unwrap_or_default();
                let model = subject.model_dtype().unwrap_or("float32");
                let message = format!("{name} parameters cannot be multiplied with the model's {model} hidden states");
                report.add(Self::INFO, pointer, span, message).help("leave it null, and cast the whole model instead");
            }
        }
    }
}
