use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::{Report, rule};

rule! {
    /// A layer number that the base model does not have.
    ///
    /// ## Why is this bad
    /// Layers are numbered from 0, in models with an encoder and a decoder continuously through both. The adapters
    /// library ignores numbers that do not exist, including negative ones: the layer that was meant keeps its adapter,
    /// or gets none.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "lora", "leave_out": [12]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    LayerOutOfRange, Warning
}

impl LayerOutOfRange {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(model) = &subject.model else { return };
        let Some(layers) = model.layers else { return };
        for config in subject.methods() {
            for key in ["leave_out", "layers"] {
                let Some(member) = config.written(key) else { continue };
                for (at, item) in member.node.items().iter().enumerate() {
                    let Some(layer) = item.value().as_i64() else { continue };
                    if model.has_layer(layer) == Some(false) {
                        let pointer = format!("{}/{at}", config.pointer_of(key));
                        report
                            .add(Self::INFO, pointer, item.span, format!("the model has no layer {layer}"))
                            .help(format!("its {layers} layers are numbered 0 to {}", layers - 1));
                    }
                }
            }
        }
        for config in subject.of(Method::Bottleneck) {
            let Some(member) = config.written("reduction_factor") else { continue };
            for entry in member.node.members().iter().filter(|entry| entry.key != "default") {
                let exists =
                    entry.key.parse::<u64>().is_ok_and(|layer| layer < layers && layer.to_string() == entry.key);
                if !exists {
                    let pointer = crate::document::pointer::push(&config.pointer_of("reduction_factor"), &entry.key);
                    report
                        .add(Self::INFO, pointer, entry.key_span, format!("the model has no layer `{}`", entry.key))
                        .help(format!(
                            "its {layers} layers are numbered \"0\" to \"{}\"; the factor of all others goes under \
                             \"default\"",
                            layers - 1
                        ));
                }
            }
        }
    }
}
