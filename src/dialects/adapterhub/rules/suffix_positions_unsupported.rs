use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::{Report, rule};

rule! {
    /// ReFT is set to positions that the base model's sequences do not have.
    ///
    /// ## Why is this bad
    /// The adapters library computes the last positions once per forward pass, from the first sequence. In models with
    /// an encoder and a decoder, whose sequences differ in length, the decoder then reads beyond the end of its
    /// sequence and raises a `RuntimeError`; this is a bug in the library. More positions than the longest sequence has
    /// make training fail, since the gradient has a different shape.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "reft", "layers": "all", "prefix_positions": 0, "suffix_positions": 2, "r": 1,
    ///  "orthogonality": true}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    SuffixPositionsUnsupported, Error
}

impl SuffixPositionsUnsupported {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(model) = &subject.model else { return };
        for config in subject.of(Method::Reft).filter(|config| config.adapts_layers(Some(model))) {
            let count = |key: &str| config.value(key).and_then(|value| value.as_i64()).unwrap_or(0);
            let suffix = count("suffix_positions");
            if suffix <= 0 {
                continue;
            }
            let decodes = config.stacks(model).is_none_or(|(_, decoder)| decoder);
            if decodes && model.support.is_some_and(|support| support.has_decoder_beside_encoder()) {
                let (pointer, span) = config.place_of("suffix_positions");
                let message = format!(
                    "ReFT at the last positions fails in {} models, whose encoder and decoder see sequences of \
                     different lengths",
                    model.model_type
                );
                let finding = report.add(Self::INFO, pointer, span, message);
                finding.help("use `prefix_positions`, and set `suffix_positions` to 0");
                if let Some(prefix) = config.written("prefix_positions") {
                    finding.also(prefix.node.span, "the first positions work");
                }
                continue;
            }
            let Some(longest) = model.max_positions.and_then(|longest| i64::try_from(longest).ok()) else { continue };
            for key in ["suffix_positions", "prefix_positions"] {
                if count(key) >= longest {
                    let (pointer, span) = config.place_of(key);
                    report
                        .add(
                            Self::INFO,
                            pointer,
                            span,
                            format!("the model's sequences have at most {longest} positions"),
                        )
                        .help("choose fewer positions");
                }
            }
        }
    }
}
