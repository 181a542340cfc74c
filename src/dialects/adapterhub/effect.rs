//! Which keys the library reads at all, given the others.

use super::config::Method;
use super::release::facts::since;
use super::release::values::is_no_rank;
use super::view::ConfigView;
use crate::models::{Model, Norm};
use crate::python::is_true;
use crate::value::Value;

/// How a key fails to matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Idle {
    /// The library does not look at the value: it may be anything.
    Unread(String),
    /// The library looks at the value, and computes the same whatever it is.
    Inert(String),
}

impl Idle {
    /// Why.
    pub(crate) fn reason(&self) -> &str {
        match self {
            Self::Unread(reason) | Self::Inert(reason) => reason,
        }
    }
}

/// Logits divided by what is smaller may be beyond single precision.
const SHARPEST: f64 = 1e-6;

const UNSCALED: &str = "with `use_gating` the update is not scaled";

impl ConfigView<'_> {
    /// Why this key does not matter in this config; `None` if it does.
    pub(crate) fn idle(&self, key: &str, model: Option<&Model>) -> Option<Idle> {
        self.unread(key, model).map(Idle::Unread).or_else(|| self.inert(key).map(Idle::Inert))
    }

    fn inert(&self, key: &str) -> Option<String> {
        let reason = match (self.method, key) {
            (Method::Bottleneck, "stochastic_depth") if self.is_true("is_parallel") => {
                "a parallel adapter does not use it"
            }
            (Method::Bottleneck, "hypercomplex_nonlinearity") => {
                "the library draws from the same distribution for every value"
            }
            (Method::Bottleneck, "learn_phm") => "training the adapter makes all of its parameters trainable anyway",
            (Method::Lora | Method::MtlLora, "alpha") if self.is_true("use_gating") => UNSCALED,
            (Method::MtlLora, "vera_d" | "vera_b") => "MTL-LoRA does not use it",
            (Method::MtlLora, "weights_sharpness")
                // A quotient that is no number weighs nothing.
                if self.value("n_up_projection").as_deref() == Some(&Value::Int(1.into()))
                    && self.value(key).and_then(|value| value.as_f64()).is_none_or(|it| it.abs() > SHARPEST) =>
            {
                "one up-projection always weighs 1"
            }
            _ => return None,
        };
        Some(reason.to_owned())
    }

    /// Why the library does not read this key in this config.
    fn unread(&self, key: &str, model: Option<&Model>) -> Option<String> {
        match self.method {
            Method::Bottleneck => self.bottleneck_key(key, model),
            Method::PrefixTuning => self.prefix_key(key, model),
            Method::PromptTuning if self.release.leaves_prompts_unused(model) => {
                Some("the release never uses the prompt in this model".to_owned())
            }
            Method::PromptTuning => {
                let from_text = self.value("prompt_init").is_some_and(|init| init.as_str() == Some("from_string"));
                (key == "prompt_init_text" && !from_text)
                    .then(|| "it is read only with `\"prompt_init\": \"from_string\"`".to_owned())
            }
            Method::Lora | Method::MtlLora => self.lora_key(key, model),
            Method::Reft => {
                if key == "output_reft" || (key == "layers" && self.is_true("output_reft")) {
                    None
                } else {
                    (!self.adapts_layers(model)).then(|| "no layer has an intervention".to_owned())
                }
            }
            Method::Union => None,
        }
    }

    fn bottleneck_key(&self, key: &str, model: Option<&Model>) -> Option<String> {
        let support = model.and_then(|model| model.support);
        let only_with = |other: &str| (!self.is_true(other)).then(|| format!("it is read only if `{other}` is true"));
        match key {
            "mh_adapter" | "output_adapter" | "cross_adapter" => {
                let missing = self.is_true(key) && support.is_some_and(|support| support.norm_at(key) == Norm::NoPlace);
                return missing.then(|| format!("{} models have no such place", model.map_or("", |m| &m.model_type)));
            }
            "inv_adapter" | "leave_out" => return None,
            "inv_adapter_reduction_factor" => {
                let reason = "it is read only if `inv_adapter` is \"nice\" or \"glow\"";
                return (!self.is_true("inv_adapter")).then(|| reason.to_owned());
            }
            "non_linearity" if self.is_true("inv_adapter") => return None,
            "phm_layer"
            | "phm_dim"
            | "phm_c_init"
            | "phm_init_range"
            | "shared_phm_rule"
            | "shared_W_phm"
            | "factorized_phm_rule"
                if self.is_true("phm_layer") => {}
            "reduction_factor" | "factorized_phm_W" | "phm_rank"
                if self.is_true("phm_layer") && self.is_true("shared_W_phm") => {}
            _ if !self.adapts_layers(model) => return Some("no layer has an adapter".to_owned()),
            _ => {}
        }
        let parallel = self.is_true("is_parallel");
        match key {
            "original_ln_before" | "residual_before_ln" | "adapter_residual_before_ln" if parallel => {
                Some("a parallel adapter does not use it".to_owned())
            }
            "residual_before_ln" if !self.is_true("original_ln_before") && self.has_a_residual() => {
                Some("without `original_ln_before` the residual is the same in either case".to_owned())
            }
            "adapter_residual_before_ln" => only_with("ln_after"),
            "phm_rank" => only_with("phm_layer").or_else(|| only_with("factorized_phm_W")),
            "phm_init_range" => only_with("phm_layer").or_else(|| {
                let normal = self.value("phm_c_init").is_some_and(|init| init.as_str() == Some("normal"));
                (!self.is_true("shared_phm_rule") || !normal)
                    .then(|| "it is read only for a shared rule with `\"phm_c_init\": \"normal\"`".to_owned())
            }),
            _ if key.contains("phm") && key != "phm_layer" => only_with("phm_layer"),
            "hypercomplex_nonlinearity" => only_with("phm_layer"),
            _ => None,
        }
    }

    /// Whether `residual_before_ln` is true or false to the library, and not one of the values that leave none.
    fn has_a_residual(&self) -> bool {
        self.value("residual_before_ln").is_some_and(|value| *value == Value::Bool(true) || !is_true(&value))
    }

    fn prefix_key(&self, key: &str, model: Option<&Model>) -> Option<String> {
        let one_stack =
            model.and_then(|model| model.support).is_some_and(|support| support.cross_norm == Norm::NoPlace);
        match key {
            "bottleneck_size" | "non_linearity" if self.is_true("flat") => {
                Some("a flat prefix has no bottleneck".to_owned())
            }
            "shared_gating" if !self.is_true("use_gating") => {
                Some("it is read only if `use_gating` is true".to_owned())
            }
            "encoder_prefix" | "cross_prefix" if one_stack => {
                Some("it is read only for models with an encoder and a decoder".to_owned())
            }
            _ => None,
        }
    }

    /// Whether the release builds no LoRA for this rank: adapter-transformers does not if it is not above 0.
    pub(crate) fn has_no_rank(&self) -> bool {
        !self.release.is_since(since::ADAPTERS) && self.value("r").is_some_and(|rank| is_no_rank(&rank))
    }

    /// Whether LoRA adapts nothing but merged query-key-value matrices, and DoRA can be added there.
    fn is_merged_only(&self, model: Option<&Model>) -> bool {
        let merged = model.filter(|model| model.support.is_some_and(|support| support.merged_attention));
        merged.is_some_and(|model| self.fits_merged_lengths(model))
            && self.is_true("selfattn_lora")
            && !self.is_true("intermediate_lora")
            && !self.is_true("output_lora")
    }

    fn lora_key(&self, key: &str, model: Option<&Model>) -> Option<String> {
        match key {
            "selfattn_lora" | "intermediate_lora" | "output_lora" | "leave_out" => return None,
            "attn_matrices" => {
                return (!self.is_true("selfattn_lora"))
                    .then(|| "it is read only if `selfattn_lora` is true".to_owned());
            }
            _ if !self.adapts_layers(model) => return Some("no layer is adapted".to_owned()),
            // The dropout is built before the rank is looked at.
            "r" | "dropout" => {}
            _ if self.has_no_rank() => return Some("no LoRA is built for a rank that is not above 0".to_owned()),
            _ => {}
        }
        match key {
            "dtype" | "n_up_projection" | "task_specific_matrix_type" | "weights_sharpness" if self.is_scaling() => {
                Some("it is not read with `\"composition_mode\": \"scale\"`".to_owned())
            }
            "use_dora" if self.is_true(key) && !self.is_scaling() && !self.is_vera() && self.is_merged_only(model) => {
                Some("a merged query-key-value matrix gets plain LoRA".to_owned())
            }
            // `IA3` of the library calculates with it only where no gate stands in its place, `LoRA` in any case.
            "alpha" if self.is_scaling() && self.is_true("use_gating") && self.release.is_since(since::ADAPTERS) => {
                Some(UNSCALED.to_owned())
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::dialects::Target;
    use crate::document::{Document, Format};
    use crate::findings::Severity;
    use crate::lint::{Options, lint};

    #[test]
    fn a_gate_stands_in_the_place_of_alpha_where_outputs_are_multiplied() {
        let errors = |mode: &str, gating: bool, release: Option<&str>| {
            let text = format!(
                r#"{{"architecture": "lora", "composition_mode": "{mode}", "r": 1, "alpha": null, "use_gating": {gating}}}"#
            );
            let targets = release.map(|release| release.parse::<Target>().expect("it is a release").into());
            let options = Options { targets: targets.unwrap_or_default(), ..Options::default() };
            let document = Document::read(text.into_bytes(), Format::Json);
            let findings = lint(&document, "adapter_config.json", &options).findings;
            findings.into_iter().any(|finding| finding.severity == Severity::Error && finding.pointer == "/alpha")
        };
        assert!(!errors("scale", true, None));
        assert!(!errors("scale", true, Some("adapters@0.2.2")));
        assert!(errors("scale", true, Some("adapter-transformers@3.2.1")));
        assert!(errors("scale", false, None));
        assert!(errors("add", true, None));
    }
}
