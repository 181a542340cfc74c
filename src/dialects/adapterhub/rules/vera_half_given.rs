use crate::dialects::adapterhub::uses::{Judgement, Use};
use crate::dialects::adapterhub::Subject;
use crate::lint::{Report, rule};

rule! {
    /// One of VeRA's two initial values without the other.
    ///
    /// ## Why is this bad
    /// A float in `vera_d` or `vera_b` makes the layer a VeRA layer, which multiplies both with a tensor: null for the other
    /// raises a `TypeError` when the adapter is added.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "lora", "vera_d": 0.1}
    /// ```
    ///
    /// ## Fix safety
    /// There is none.
    VeraHalfGiven, Error
}

impl VeraHalfGiven {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.methods().filter(|config| config.is_vera() && config.adapts_layers(subject.model.as_ref())) {
            for (key, other) in [("vera_d", "vera_b"), ("vera_b", "vera_d")] {
                let usable = config.value(key).is_some_and(|value| !matches!(Use::Number.judge(&value), Judgement::Refused(..)));
                if usable {
                    continue;
                }
                let (pointer, span) = if config.written(key).is_some() { config.place_of(key) } else { config.place_of(other) };
                let finding = report.add(Self::INFO, pointer, span, format!("VeRA needs both initial values, and `{key}` is no number"));
                finding.help("the paper starts with `vera_d` 0.1 and `vera_b` 0.0");
            }
        }
    }
}
