use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::view::ConfigView;
use crate::findings::{Report, rule};
use crate::models::Model;
use crate::value::Value;

rule! {
    /// A width is not divisible into the number of parts that the config asks for.
    ///
    /// ## Why is this bad
    /// A hypercomplex layer cuts the hidden size and the bottleneck into `phm_dim` parts of equal size; if one of them
    /// is not divisible by it, the adapters library raises an `AssertionError`.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 32, "non_linearity": "gelu",
    ///  "phm_layer": true, "phm_dim": 5}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    WidthNotDivisible, Error
}

impl WidthNotDivisible {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(hidden) = subject.model.as_ref().and_then(|model| model.hidden_size) else { return };
        for config in subject.of(Method::Bottleneck) {
            let model = subject.model.as_ref();
            if !config.is_true("phm_layer") || !config.adapts_layers(model) {
                continue;
            }
            let Some(parts) = config.value("phm_dim").and_then(|dim| dim.as_i64()).filter(|dim| *dim > 0) else {
                continue;
            };
            let parts = parts.unsigned_abs();
            let (pointer, span) = config.place_of("phm_dim");
            if hidden % parts != 0 {
                report
                    .add(
                        Self::INFO,
                        pointer,
                        span,
                        format!("the hidden size {hidden} is not divisible by `phm_dim` = {parts}"),
                    )
                    .help("choose a divisor of the hidden size");
                continue;
            }
            for (key, width) in bottlenecks(config, hidden, model) {
                if width % parts != 0 {
                    let odd = config.odd_one(&["phm_dim", "reduction_factor"]);
                    let (pointer, span) = config.place_of(odd);
                    let named = odd == "reduction_factor" && !key.is_empty();
                    let pointer = if named { format!("{pointer}/{key}") } else { pointer };
                    let finding = report.add(
                        Self::INFO,
                        pointer,
                        span,
                        format!("the bottleneck size {width} is not divisible by `phm_dim` = {parts}"),
                    );
                    finding.help(format!(
                        "choose a factor that, with hidden size {hidden}, makes the bottleneck size a multiple of \
                         {parts}"
                    ));
                    let other = if odd == "phm_dim" { "reduction_factor" } else { "phm_dim" };
                    if let Some(other) = config.written(other) {
                        finding.also(other.node.span, "conflicts with this");
                    }
                }
            }
        }
    }
}

/// The widths of the bottleneck, by the key of the map where there is one.
fn bottlenecks(config: &ConfigView<'_>, hidden: u64, model: Option<&Model>) -> Vec<(String, u64)> {
    let width = |factor: &Value| {
        let factor = factor.as_f64().filter(|factor| *factor != 0.0 && !factor.is_nan())?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to what fits")]
        let width = (hidden as f64 / factor).floor().clamp(1.0, 1e9) as u64;
        Some(width)
    };
    let Some(value) = config.value("reduction_factor") else { return Vec::new() };
    match Some(&*config.used_part("reduction_factor", &value, model)) {
        Some(Value::Map(map)) => {
            map.iter().filter_map(|(key, factor)| Some((key.to_owned(), width(factor)?))).collect()
        }
        Some(factor) => width(factor).map(|width| (String::new(), width)).into_iter().collect(),
        None => Vec::new(),
    }
}
