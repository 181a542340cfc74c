use super::super::facts::composition::{BlockType, setups};
use crate::dialects::adapterhub::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A setup runs adapters in parallel in a model that does not support it.
    ///
    /// ## Why is this bad
    /// The adapters library has a list of the model types that support Parallel, and raises a `ValueError` for any
    /// other.
    ///
    /// ## Example
    /// ```json
    /// {"adapter_setup": {"type": "Parallel", "children": []}, "head_setup": null}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    ParallelUnsupported, Error
}

impl ParallelUnsupported {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(model) = &subject.model else { return };
        if SUPPORTED.contains(&model.model_type.as_str()) {
            return;
        }
        // Of blocks within others the library does not ask for the model.
        for setup in setups(subject).iter().filter(|setup| !setup.of_heads) {
            if setup.block.kind == Some(BlockType::Parallel) {
                let message = format!("models of type `{}` cannot run adapters in parallel", model.model_type);
                report.add(Self::INFO, &setup.block.pointer, setup.block.heading(), message);
            }
        }
    }
}

/// The model types for which the library allows Parallel (`SUPPORTED_MODELS`).
const SUPPORTED: [&str; 21] = [
    "albert",
    "bert",
    "roberta",
    "distilbert",
    "deberta-v2",
    "deberta",
    "bart",
    "mbart",
    "mt5",
    "plbart",
    "gpt2",
    "gptj",
    "t5",
    "vit",
    "xlm-roberta",
    "bert-generation",
    "llama",
    "mistral",
    "electra",
    "whisper",
    "xmod",
];
