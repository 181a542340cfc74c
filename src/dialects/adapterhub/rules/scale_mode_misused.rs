use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::release::facts::since;
use crate::dialects::adapterhub::view::ConfigView;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// A key has a value that cannot be combined with `"composition_mode": "scale"`.
    ///
    /// ## Why is this bad
    /// With `scale` the update is a single vector that multiplies the output, as in (IA)³. The adapters library refuses
    /// a rank above 1, dropout, DoRA and VeRA's initialisation, and fails in the forward pass if the vector is empty.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "lora", "composition_mode": "scale", "r": 8}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    ScaleModeMisused, Error
}

impl ScaleModeMisused {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.methods().filter(|config| {
            config.has_low_rank()
                && config.is_scaling()
                && !config.has_no_rank()
                && config.adapts_layers(subject.model.as_ref())
        }) {
            for key in ["r", "dropout", "use_dora", "init_weights"] {
                let Some(reason) = refused(config, key) else { continue };
                let odd = config.odd_one(&[key, "composition_mode"]);
                let (pointer, span) = config.place_of(odd);
                let finding =
                    report.add(Self::INFO, pointer, span, format!("with `\"composition_mode\": \"scale\"` {reason}"));
                finding
                    .help("use the values of the `ia3` preset: r 1, dropout 0.0, use_dora false, init_weights \"ia3\"");
                let other = if odd == key { "composition_mode" } else { key };
                if let Some(other) = config.written(other) {
                    finding.also(other.node.span, "conflicts with this");
                }
            }
        }
    }
}

fn refused(config: &ConfigView<'_>, key: &str) -> Option<&'static str> {
    let value = config.value(key)?;
    let number = value.as_f64();
    match key {
        "r" => number.is_some_and(|r| r > 1.0).then_some("the rank must be 1"),
        // adapter-transformers takes it, and does not apply it.
        "dropout" if !config.release.is_since(since::ADAPTERS) => None,
        // True is 1.
        "dropout" => (*value == Value::Bool(true) || number.is_some_and(|p| p > 0.0)).then_some("`dropout` must be 0"),
        "use_dora" => (*value != Value::Bool(false)).then_some("`use_dora` must be false"),
        _ => (value.as_str() == Some("vera")).then_some("the weights cannot be initialised as in VeRA"),
    }
}
