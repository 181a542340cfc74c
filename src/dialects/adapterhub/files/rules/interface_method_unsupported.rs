use super::super::facts::interface::interface;
use crate::dialects::adapterhub::Subject;
use crate::document::Node;
use crate::findings::{Report, rule};

rule! {
    /// An interface offers LoRA in a model whose projections are not linear layers.
    ///
    /// ## Why is this bad
    /// GPT-2 and related models keep their projections in `Conv1D` layers, with transposed weights. The adapters
    /// library replaces them by LoRA layers for `Linear`, and the forward pass fails, whichever adapter is active.
    ///
    /// ## Example
    /// ```json
    /// {"model_type": "gpt2", "interface": {"adapter_methods": ["bottleneck", "lora"]}}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: removing the method takes it away from the users of the interface.
    InterfaceMethodUnsupported, Error
}

impl InterfaceMethodUnsupported {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let file_type = || subject.root.get("model_type").and_then(Node::as_str);
        let Some(model_type) = subject.model.as_ref().map(|model| model.model_type.as_str()).or_else(file_type) else {
            return;
        };
        let Some(methods) = interface(subject).and_then(|node| node.get("adapter_methods")) else { return };
        if !WITH_CONV1D.contains(&model_type) {
            return;
        }
        for (index, method) in methods.items().iter().enumerate().filter(|(_, method)| method.as_str() == Some("lora"))
        {
            let message = format!(
                "models of type `{model_type}` cannot run LoRA through an interface: their projections are not linear \
                 layers"
            );
            report
                .add(Self::INFO, format!("/interface/adapter_methods/{index}"), method.span, message)
                .help("remove \"lora\" from the list, or use the library's own class for this model");
        }
    }
}

/// Model types whose projections are `Conv1D` in transformers.
const WITH_CONV1D: [&str; 3] = ["gpt2", "openai-gpt", "imagegpt"];
