use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::uses::{Judgement, Use};
use crate::dialects::adapterhub::view::ConfigView;
use crate::findings::{Report, rule};
use crate::models::Model;
use crate::value::Value;

rule! {
    /// Only one of VeRA's two initial values is given, or no layer becomes a VeRA layer.
    ///
    /// ## Why is this bad
    /// A float in `vera_d` or `vera_b` makes the adapter a VeRA adapter, which multiplies both by a tensor: if the
    /// other is null, adding the adapter raises a `TypeError`. If no layer is adapted by addition, because all places
    /// are switched off or `composition_mode` is "scale", adding the adapter raises a `KeyError`: the adapters library
    /// looks up the shapes of the shared matrices, which no layer has recorded.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "lora", "vera_d": 0.1}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    VeraHalfGiven, Error
}

impl VeraHalfGiven {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let kin = |config: &&ConfigView<'_>| matches!(config.method, Method::Lora | Method::MtlLora);
        for config in subject.methods().filter(kin) {
            let given = |key: &&str| matches!(config.value(key).as_deref(), Some(Value::Float(_)));
            let Some(given) = ["vera_d", "vera_b"].into_iter().find(|key| given(key)) else { continue };
            if config.is_scaling() || !config.adapts_layers(subject.model.as_ref()) {
                let cause = no_vera_layer(config, subject.model.as_ref());
                let odd = config.odd_one(&[cause, given]);
                let (pointer, span) = config.place_of(odd);
                let finding = report.add(
                    Self::INFO,
                    pointer,
                    span,
                    "VeRA's initial values are given, but no layer becomes a VeRA layer, so adding the adapter raises \
                     a `KeyError`",
                );
                finding.help("adapt a layer by addition, or set `vera_d` and `vera_b` to null");
                for other in [cause, given].into_iter().filter(|key| *key != odd) {
                    if let Some(member) = config.written(other) {
                        finding.also(member.node.span, "conflicts with this");
                    }
                }
                continue;
            }
            if config.method == Method::MtlLora {
                continue;
            }
            for (key, other) in [("vera_d", "vera_b"), ("vera_b", "vera_d")] {
                let usable =
                    config.value(key).is_some_and(|value| !matches!(Use::Factor.judge(&value), Judgement::Refused(..)));
                if usable {
                    continue;
                }
                let meant = config.value("init_weights").is_some_and(|init| init.as_str() == Some("vera"));
                let odd = if meant && config.written(key).is_some() { key } else { config.odd_one(&[key, other]) };
                let (pointer, span) = config.place_of(odd);
                let message = format!("VeRA needs both initial values, but `{key}` is not a number");
                let finding = report.add(Self::INFO, pointer, span, message);
                finding.help("the paper uses 0.1 for `vera_d` and 0.0 for `vera_b`");
                if let Some(beside) = config.written(if odd == key { other } else { key }) {
                    finding.also(beside.node.span, "conflicts with this");
                }
            }
        }
    }
}

/// The key for which no layer is a VeRA layer.
fn no_vera_layer(config: &ConfigView<'_>, model: Option<&Model>) -> &'static str {
    if !config.reaches_a_layer(model) {
        "leave_out"
    } else if config.adapts_layers(model) {
        "composition_mode"
    } else if config.is_true("selfattn_lora") {
        "attn_matrices"
    } else {
        "selfattn_lora"
    }
}
