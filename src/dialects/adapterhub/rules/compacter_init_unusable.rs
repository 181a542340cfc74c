use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::{Report, rule};

rule! {
    /// The value of `init_weights` does not work with hypercomplex layers.
    ///
    /// ## Why is this bad
    /// `mam_adapter` and `houlsby` initialise a `weight` that a PHM layer does not have: adding the adapter raises an
    /// `AttributeError`. Only `bert` works with `phm_layer`.
    ///
    /// ## Example
    /// ```json
    /// {"mh_adapter": false, "output_adapter": true, "reduction_factor": 32, "non_linearity": "gelu",
    ///  "phm_layer": true, "init_weights": "mam_adapter"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: other values of `init_weights` give other initial weights.
    CompacterInitUnusable, Error
}

impl CompacterInitUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        for config in subject.of(Method::Bottleneck).filter(|config| config.is_true("phm_layer")) {
            let init = config.value("init_weights");
            let unusable = init.is_some_and(|init| matches!(init.as_str(), Some("mam_adapter" | "houlsby")));
            if unusable && config.adapts_layers(subject.model.as_ref()) {
                let odd = config.odd_one(&["init_weights", "phm_layer"]);
                let (pointer, span) = config.place_of(odd);
                let finding =
                    report.add(Self::INFO, pointer, span, "with `phm_layer` only the `init_weights` \"bert\" works");
                finding.help("write \"bert\", or leave the key out");
                let other = if odd == "init_weights" { "phm_layer" } else { "init_weights" };
                if let Some(other) = config.written(other) {
                    finding.also(other.node.span, "conflicts with this");
                }
            }
        }
    }
}
