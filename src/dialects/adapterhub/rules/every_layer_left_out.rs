use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::{Report, rule};

rule! {
    /// Prefix tuning leaves out every layer.
    ///
    /// ## Why is this bad
    /// The adapters library counts the prefixes that the layers ask for. If no layer asks for one, adding the adapter
    /// raises a `ValueError`.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "prefix_tuning", "leave_out": [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    EveryLayerLeftOut, Error
}

impl EveryLayerLeftOut {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.of(Method::PrefixTuning) {
            let model = subject.model.as_ref();
            // The decoder's layers always ask for a prefix, the encoder's only with `encoder_prefix`.
            let idle_stacks = model
                .and_then(|model| config.stacks(model))
                .is_some_and(|(encoder, decoder)| !(decoder || (encoder && config.is_true("encoder_prefix"))));
            if idle_stacks || !config.reaches_a_layer(model) {
                let (pointer, span) = config.heading_of("leave_out");
                let finding = report.add(
                    Self::INFO,
                    pointer,
                    span,
                    "no layer is left for a prefix: the library raises a `ValueError`",
                );
                finding.help("remove at least one layer from `leave_out`");
                if let Some(prefix) = config.written("encoder_prefix").filter(|_| idle_stacks) {
                    finding.also(prefix.node.span, "the encoder has no prefix either");
                }
            }
        }
    }
}
