//! The keys of a member that decide what is drawn, with their values, and which of them have no effect: judged by the
//! same code as the linter's findings.

use super::Plan;
use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::{MemberConfig, Method};
use crate::dialects::adapterhub::modules::LowRank as _;
use crate::dialects::{File, FileKind, Targets};
use crate::document::{Document, Format, write};
use crate::draw::scene::Key;
use crate::value::Value;

/// The keys of a method that change the picture, in the order in which they act.
fn shown(method: Method) -> &'static [&'static str] {
    match method {
        Method::Bottleneck => &[
            "original_ln_before",
            "residual_before_ln",
            "ln_before",
            "reduction_factor",
            "non_linearity",
            "phm_layer",
            "phm_dim",
            "phm_rank",
            "factorized_phm_W",
            "factorized_phm_rule",
            "shared_phm_rule",
            "shared_W_phm",
            "phm_bias",
            "learn_phm",
            "scaling",
            "use_gating",
            "adapter_residual_before_ln",
            "ln_after",
            "original_ln_after",
            "is_parallel",
            "inv_adapter",
            "inv_adapter_reduction_factor",
            "dropout",
            "leave_out",
        ],
        Method::Lora => &[
            "r",
            "alpha",
            "composition_mode",
            "selfattn_lora",
            "attn_matrices",
            "intermediate_lora",
            "output_lora",
            "use_gating",
            "use_dora",
            "vera_d",
            "vera_b",
            "dropout",
            "leave_out",
        ],
        Method::MtlLora => &[
            "r",
            "alpha",
            "n_up_projection",
            "weights_sharpness",
            "selfattn_lora",
            "attn_matrices",
            "intermediate_lora",
            "output_lora",
            "use_gating",
            "dropout",
            "leave_out",
        ],
        Method::PrefixTuning => &[
            "prefix_length",
            "flat",
            "bottleneck_size",
            "non_linearity",
            "encoder_prefix",
            "cross_prefix",
            "use_gating",
            "shared_gating",
            "dropout",
            "leave_out",
        ],
        Method::PromptTuning => &["prompt_length", "combine", "prompt_init"],
        Method::Reft => &[
            "layers",
            "prefix_positions",
            "suffix_positions",
            "r",
            "orthogonality",
            "tied_weights",
            "non_linearity",
            "output_reft",
            "dropout",
        ],
        Method::Union => &[],
    }
}

/// Keys that are told only if they say something.
fn is_silent(key: &str, value: &Value) -> bool {
    match key {
        "phm_layer" | "use_dora" | "is_parallel" | "shared_W_phm" | "factorized_phm_rule" => {
            *value == Value::Bool(false)
        }
        "factorized_phm_W" | "shared_phm_rule" | "learn_phm" | "phm_bias" => *value == Value::Bool(true),
        "dropout" => value.as_f64() == Some(0.0),
        "leave_out" => value.as_list().is_some_and(<[Value]>::is_empty),
        "inv_adapter" | "vera_d" | "vera_b" => *value == Value::Null,
        _ => false,
    }
}

impl Plan<'_> {
    /// The keys of each member.
    pub(super) fn keys(&self) -> Vec<Vec<Key>> {
        let text = write::to_json(&Value::Map(self.config.config().value()));
        let document = Document::read(text.into_bytes(), Format::Json);
        let Some(root) = &document.root else { return Vec::new() };
        let model = self.named.then_some(self.model);
        let subject = Subject::new(
            FileKind::Config,
            File { document: &document, root, name: "", model, targets: Targets::default() },
        );
        let keys_of = |config: &crate::dialects::adapterhub::ConfigView<'_>| {
            shown(config.method)
                .iter()
                .filter_map(|name| {
                    let value = config.value(name)?;
                    let idle = config.idle(name, model).map(|idle| idle.reason().to_owned());
                    let about_phm = name.contains("phm") && idle.is_some();
                    let about_inverse = name.starts_with("inv_") && idle.is_some();
                    (!is_silent(name, &value) && !about_phm && !about_inverse).then(|| Key {
                        name: (*name).to_owned(),
                        value: write::to_line(&value),
                        idle,
                    })
                })
                .collect()
        };
        subject.methods().map(keys_of).collect()
    }

    /// Which of query, key and value a member of LoRA's family updates.
    pub(super) fn matrices(&self, member: usize) -> [bool; 3] {
        match self.members.get(member) {
            Some(MemberConfig::Lora(config)) => config.matrices(),
            Some(MemberConfig::MtlLora(config)) => config.matrices(),
            _ => [false; 3],
        }
    }
}
