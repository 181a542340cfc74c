use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::{Report, rule};

rule! {
    /// A value with which the library cannot build MTL-LoRA.
    ///
    /// ## Why is this bad
    /// `"task_specific_matrix_type": "linear"` and `use_dora` fail when the adapter is added: for the former the
    /// adapters library sets a parameter before its module is ready, and for the latter it does not pass DoRA the base
    /// weight. Both are bugs in the library.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "mtl_lora", "task_specific_matrix_type": "linear"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: other values compute different functions.
    MtlLoraUnusable, Error
}

impl MtlLoraUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.of(Method::MtlLora) {
            if config.is_scaling() || !config.adapts_layers(subject.model.as_ref()) {
                continue;
            }
            if config.value("task_specific_matrix_type").is_some_and(|kind| kind.as_str() == Some("linear")) {
                let (pointer, span) = config.place_of("task_specific_matrix_type");
                report
                    .add(Self::INFO, pointer, span, "the library cannot build the matrix type \"linear\"")
                    .help("use \"singular_values\"");
            }
            if config.is_true("use_dora") {
                let (pointer, span) = config.place_of("use_dora");
                report.add(Self::INFO, pointer, span, "MTL-LoRA cannot be combined with DoRA").help("set it to false");
            }
        }
    }
}
