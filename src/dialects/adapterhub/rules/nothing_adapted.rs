use super::architecture_contradicts_keys::contradicted;
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::view::{ConfigView, title_with_article};
use crate::document::Kind;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// The config does not insert a module anywhere.
    ///
    /// ## Why is this bad
    /// Every place is switched off, the lists name nothing that exists, or what is inserted is multiplied by zero and stays
    /// so: LoRA with an `alpha` of 0, VeRA whose frozen matrix begins at zero (`init_weights` other than `vera`'s own), ReFT
    /// of no positions, a union without members. The adapter can be added and saved without an error, but does nothing;
    /// training fails if no other parameter is trained.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": false, "reduction_factor": 16, "non_linearity": "relu"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    NothingAdapted, Warning
}

impl NothingAdapted {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let is_empty = |config: &&ConfigView<'_>| matches!(config.written("configs").map(|member| &member.node.kind), Some(Kind::List(items)) if items.is_empty());
        for union in subject.of(Method::Union).filter(is_empty) {
            let (pointer, span) = union.place_of("configs");
            let message = "this union has no members: the library adds nothing, and saves null as its config";
            report.add(Self::INFO, pointer, span, message);
        }
        for config in subject.methods() {
            let model = subject.model.as_ref();
            if let Some((key, why)) = idle(config).filter(|_| config.adapts_layers(model)) {
                let (pointer, span) = config.place_of(key);
                let message =
                    format!("this config of {} does not change anything: {why}", title_with_article(config.method));
                report.add(Self::INFO, pointer, span, message);
            }
            if config.adapts_layers(model) || (config.method == Method::Bottleneck && config.is_true("inv_adapter")) {
                continue;
            }
            // Prefix tuning of no layer fails, as does a config without its keys; one of another method is not judged.
            let fails = (config.method == Method::PrefixTuning && !config.reaches_a_layer(model))
                || ["mh_adapter", "output_adapter"]
                    .iter()
                    .any(|key| config.required().contains(key) && config.written(key).is_none());
            if fails || contradicted(subject, config).is_some() {
                continue;
            }
            let key = match config.method {
                Method::Bottleneck => ["mh_adapter", "output_adapter", "cross_adapter"].as_slice(),
                Method::Reft => ["output_reft", "layers"].as_slice(),
                _ => ["selfattn_lora", "attn_matrices"].as_slice(),
            };
            let key = if config.reaches_a_layer(model) { key } else { &["leave_out", "layers"] };
            let written = key.iter().find(|key| config.written(key).is_some()).copied().unwrap_or(key[0]);
            let (pointer, span) = config.heading_of(written);
            report
                .add(
                    Self::INFO,
                    pointer,
                    span,
                    format!("this config of {} does not adapt anything", title_with_article(config.method)),
                )
                .help("switch on a place, or name layers and matrices that the model has");
        }
    }
}

/// A key by which what is inserted has no effect, whatever is learnt, and why.
fn idle(config: &ConfigView<'_>) -> Option<(&'static str, &'static str)> {
    let is_zero = |key: &str| config.value(key).and_then(|value| value.as_f64()) == Some(0.0);
    let is_float = |key: &str| matches!(config.value(key).as_deref(), Some(Value::Float(_)));
    match config.method {
        Method::Reft if is_zero("prefix_positions") && is_zero("suffix_positions") => {
            Some(("prefix_positions", "it intervenes at no position, neither at the start nor at the end"))
        }
        Method::Lora if config.is_scaling() => None,
        Method::Lora if is_zero("alpha") => Some(("alpha", "the update is multiplied by `alpha / r`, which is 0")),
        // `init_shared_vera_parameters`: B is zero as in LoRA, but VeRA does not train it. DoRA has a magnitude beside it.
        Method::Lora
            if is_float("vera_d")
                && is_float("vera_b")
                && !config.is_true("use_dora")
                && config.value("init_weights").is_some_and(|init| init.as_str() == Some("lora")) =>
        {
            Some(("init_weights", "VeRA does not train its shared matrices, and this makes one of them zero"))
        }
        _ => None,
    }
}
