//! What the names of a method's tensors end in, behind the path of a module: as PEFT saves them, and as it looks for them.
//!
//! A tensor under any other end PEFT drops without a word, however much it looks like one of the method's. All the ends
//! that PEFT saves are in `fixtures/peft/expected.jsonl` and `fixtures/peft/names.jsonl`.

use super::PeftType::{
    self, Adalora, Adamss, Beft, Boft, C3a, Deft, Delora, Fourierft, Frod, Glora, Gralora, Hira, Hra, Ia3, Lily,
    LnTuning, Loha, Lokr, Lora, Miss, Oft, Osf, Peanut, Poly, Psoft, Pvera, Randlora, Road, Shira, Supertuning,
    Tinylora, TrainableTokens, Unilora, Vblora, Vera, Waveft,
};

/// The ends of each method, attribute and what is below it. `#` stands for a number, `*` for any one part, `**` for all
/// that follows.
const ENDS: [(PeftType, &[&str]); 36] = [
    (Adalora, &["lora_A", "lora_B", "lora_E"]),
    (Adamss, &["adamss_A.#", "adamss_B.#", "adamss_newB"]),
    (Beft, &["beft_bias"]),
    (Boft, &["boft_R", "boft_s"]),
    (C3a, &["c3a_kernel"]),
    (Deft, &["deft_P", "deft_R"]),
    (Delora, &["delora_A", "delora_B", "delora_lambda", "delora_w_norm"]),
    (Fourierft, &["fourierft_spectrum"]),
    (Frod, &["frod_V.*", "frod_s_indices.*", "frod_s_size.*", "frod_lambda_l", "frod_lambda_s_values"]),
    (
        Glora,
        &[
            "glora_A.X",
            "glora_A.Xd",
            "glora_A.Xu",
            "glora_A.zeros",
            "glora_B.X",
            "glora_B.Xd",
            "glora_B.Xu",
            "glora_B.zeros",
            "glora_C.X",
            "glora_C.Xd",
            "glora_C.Xu",
            "glora_C.zeros",
            "glora_D.X",
            "glora_D.zeros",
            "glora_E.X",
            "glora_E.zeros",
        ],
    ),
    (Gralora, &["gralora_A", "gralora_B", "gralora_A_general.weight", "gralora_B_general.weight"]),
    (Hira, &["hira_A", "hira_B", "hira_embedding_A", "hira_embedding_B"]),
    (Hra, &["hra_u"]),
    (Ia3, &["ia3_l"]),
    (Lily, &["lily_A.weight", "lily_B.weight", "lily_router.weight"]),
    // A copy of a module: a parameter of its own, or the path of one below it, before which the adapter's name stays.
    (LnTuning, &["ln_tuning_layers.*", "ln_tuning_layers.*.*.**"]),
    (Loha, &["hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2"]),
    (Lokr, &["lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2"]),
    (
        Lora,
        &[
            "lora_A.weight",
            "lora_B.weight",
            "lora_B.bias",
            "lora_embedding_A",
            "lora_embedding_B",
            "lora_magnitude_vector",
            // PEFT saves the lengths without it, and looks for both.
            "lora_magnitude_vector.weight",
            "lora_diag",
            "lora_velora_embed",
            "lora_monteclora_sampler.expert_weights",
            "lora_monteclora_sampler.expert_weights_prior",
            "lora_monteclora_sampler.gaussian_var_prior",
            "lora_monteclora_sampler.std_prior",
        ],
    ),
    (Miss, &["miss_block"]),
    (Oft, &["oft_R.weight", "oft_embedding_R.weight"]),
    (Osf, &["osf_svd_params.S_low", "osf_svd_params.U_low", "osf_svd_params.V_low"]),
    (Peanut, &["peanut_A.weight", "peanut_B.weight", "peanut_decoders.#.weight", "peanut_encoders.#.weight"]),
    (Poly, &["poly_lora_A", "poly_lora_B", "poly_router.module_logits"]),
    (Psoft, &["psoft_R.vector_a", "psoft_R.vector_b", "psoft_R.weight"]),
    (Pvera, &["pvera_A", "pvera_B", "pvera_lambda_b", "pvera_lambda_d"]),
    (Randlora, &["randlora_A", "randlora_B", "randlora_gamma", "randlora_lambda"]),
    (Road, &["road_alpha", "road_theta"]),
    (Shira, &["shira_indices", "shira_weight"]),
    (
        Supertuning,
        &["supertuning_indices", "supertuning_values", "supertuning_lora_A.weight", "supertuning_lora_B.weight"],
    ),
    (Tinylora, &["tinylora_A", "tinylora_B", "tinylora_P", "tinylora_v.#"]),
    (TrainableTokens, &["trainable_tokens_delta"]),
    (Unilora, &["unilora_indices_A", "unilora_indices_B", "unilora_scales_A", "unilora_scales_B", "unilora_theta_d"]),
    (
        Vblora,
        &[
            "vblora_logits_A",
            "vblora_logits_B",
            "vblora_logits_A_topk_indices",
            "vblora_logits_A_topk_weights",
            "vblora_logits_B_topk_indices",
            "vblora_logits_B_topk_weights",
            "vblora_vector_bank",
        ],
    ),
    (Vera, &["vera_A", "vera_B", "vera_lambda_b", "vera_lambda_d"]),
    (Waveft, &["waveft_spectrum"]),
];

/// FRoD's tensors that modules of one category share; the category stands behind, and the adapter's name behind that.
const BY_CATEGORY: [&str; 3] = ["frod_V", "frod_s_indices", "frod_s_size"];

/// VB-LoRA's tensors whose names are joined to that of the adapter.
const TOP: [&str; 2] = ["topk_indices", "topk_weights"];

/// What parameters are called, not adapters: whoever wrote AdaLoRA's `lora_A` as `lora_A.weight` named none.
const PARAMETERS: [&str; 2] = ["weight", "bias"];

/// What a path ends in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum End<'p> {
    /// What PEFT looks for.
    Saved,
    /// That, with the name of an adapter in it.
    Named {
        /// The path as PEFT saves it.
        saved: String,
        /// The name.
        adapter: &'p str,
    },
    /// Something else, which PEFT does not look for.
    Other,
}

/// The attribute of the method in a path, and what the path ends in. `None` if there is no such attribute: it is none of the
/// method's.
pub(crate) fn read(method: PeftType, path: &str) -> Option<(&str, End<'_>)> {
    let prefix = method.prefix()?;
    let parts: Vec<&str> = path.split('.').collect();
    // A module may be called like an attribute, and so may an adapter: the last place counts at which all fits.
    let places = || (1..parts.len()).rev().filter(|at| parts[*at].starts_with(prefix));
    if let Some(at) = places().find(|at| is_saved(method, &parts[*at..])) {
        return Some((parts[at], End::Saved));
    }
    let named = |at| Some((parts[at], without_adapter(method, &parts, at)?));
    places().find_map(named).or_else(|| Some((parts[places().next()?], End::Other)))
}

/// The ends that are known of a method, and that a path meant where it has another: those of its attribute, or all.
#[cfg(feature = "oracle")]
pub(crate) fn nearest(method: PeftType, attribute: &str) -> Vec<&'static str> {
    let is_of = |end: &&&str| {
        let own = end.split('.').next().unwrap_or_default();
        own.eq_ignore_ascii_case(attribute)
    };
    let near: Vec<_> = ends(method).iter().filter(is_of).copied().collect();
    if near.is_empty() { ends(method).to_vec() } else { near }
}

fn ends(method: PeftType) -> &'static [&'static str] {
    ENDS.iter().find(|(of, _)| *of == method).map_or(&[], |(_, ends)| ends)
}

/// Whether these are the parts of an end.
fn is_saved(method: PeftType, parts: &[&str]) -> bool {
    ends(method).iter().any(|end| fits(end, parts))
}

fn fits(end: &str, parts: &[&str]) -> bool {
    let mut parts = parts.iter();
    for wanted in end.split('.') {
        let Some(part) = parts.next() else { return false };
        let is_same = match wanted {
            "**" => return true,
            "*" => true,
            "#" => !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()),
            wanted => wanted == *part,
        };
        if !is_same {
            return false;
        }
    }
    parts.next().is_none()
}

/// The path whose attribute is at this place without the name of an adapter, if an end of the method's is left then.
fn without_adapter<'p>(method: PeftType, parts: &[&'p str], at: usize) -> Option<End<'p>> {
    let before = parts.get(..at)?.join(".");
    let attribute = *parts.get(at)?;
    let behind = 1 + usize::from(BY_CATEGORY.contains(&attribute));
    let adapter = *parts.get(at + behind)?;
    let top = |top: &&'static str| Some((adapter.strip_suffix(*top)?.strip_suffix('_')?, *top));
    if method == Vblora
        && let Some((adapter, top)) = TOP.iter().find_map(top)
    {
        return Some(End::Named { saved: format!("{before}.{attribute}_{top}"), adapter });
    }
    let mut end = parts.get(at..)?.to_vec();
    end.remove(behind);
    if adapter.is_empty() || PARAMETERS.contains(&adapter) || !is_saved(method, &end) {
        return None;
    }
    // DoRA's lengths are a module in the model, and a plain tensor in files.
    if end == ["lora_magnitude_vector", "weight"] {
        end.pop();
    }
    Some(End::Named { saved: format!("{before}.{}", end.join(".")), adapter })
}

#[cfg(test)]
mod tests {
    use super::{ENDS, End, read};
    use crate::dialects::peft::PeftType::{self, Adalora, Adamss, Frod, LnTuning, Lora, Peanut, Tinylora};

    fn told(method: PeftType, path: &str) -> String {
        match read(method, path) {
            None => "none".to_owned(),
            Some((_, End::Saved)) => "saved".to_owned(),
            Some((_, End::Named { saved, adapter })) => format!("{adapter}: {saved}"),
            Some((_, End::Other)) => "other".to_owned(),
        }
    }

    #[test]
    fn every_method_with_an_attribute_has_ends() {
        for method in PeftType::ALL {
            let ends = ENDS.iter().filter(|(of, _)| of == method).map(|(_, ends)| *ends).collect::<Vec<_>>();
            assert_eq!(ends.len(), usize::from(method.prefix().is_some()), "{method}");
            let prefix = method.prefix().unwrap_or_default();
            assert!(ends.iter().flat_map(|ends| *ends).all(|end| end.starts_with(prefix)), "{method}");
        }
    }

    #[test]
    fn an_end_is_what_peft_saves_and_nothing_else() {
        let rows = [
            (Lora, "a.q.lora_A.weight", "saved"),
            (Lora, "a.lora_A.lora_A.weight", "saved"),
            (Lora, "a.q.lora_A.0.weight", "0: a.q.lora_A.weight"),
            (Lora, "a.q.lora_A.lora_x.weight", "lora_x: a.q.lora_A.weight"),
            (Lora, "a.q.lora_magnitude_vector.weight", "saved"),
            (Lora, "a.q.lora_magnitude_vector.x.weight", "x: a.q.lora_magnitude_vector"),
            (Lora, "a.q.lora_A", "other"),
            (Lora, "a.q.lora_A.weights", "other"),
            (Lora, "a.q.lora_a.weight", "other"),
            (Lora, "a.q.lora_down.weight", "other"),
            (Lora, "a.q.lora_A.weight.absmax", "other"),
            (Lora, "a.q.weight", "none"),
            (Adalora, "a.q.lora_A", "saved"),
            (Adalora, "a.q.lora_A.weight", "other"),
            (Adalora, "a.q.lora_A.x", "x: a.q.lora_A"),
            (Adamss, "a.q.adamss_A.x.3", "x: a.q.adamss_A.3"),
            (Frod, "base_model.frod_V.mlp_up", "saved"),
            (Frod, "base_model.frod_V.mlp_up.x", "x: base_model.frod_V.mlp_up"),
            (Peanut, "a.peanut_encoders.0.0.weight", "0: a.peanut_encoders.0.weight"),
            (Tinylora, "base_model.tinylora_v.0", "saved"),
            (LnTuning, "a.ln_tuning_layers.x.weight", "x: a.ln_tuning_layers.weight"),
            (LnTuning, "a.ln_tuning_layers.x.up.weight", "saved"),
        ];
        for (method, path, expected) in rows {
            assert_eq!(told(method, path), expected, "{path}");
        }
    }
}
