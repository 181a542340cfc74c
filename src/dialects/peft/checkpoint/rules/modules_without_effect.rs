use crate::dialects::peft::PeftType::{
    self, Adalora, AdaptionPrompt, Beft, C3a, Deft, Delora, Fourierft, Gralora, Hira, Lily, Loha, Lokr, Lora, Miss,
    Oft, Peanut, Poly, Pvera, Randlora, Shira, Supertuning, Tinylora, Unilora, Vblora, Vera, Waveft,
};
use crate::dialects::peft::checkpoint::Facts;
use crate::dialects::peft::checkpoint::told::names;
use crate::findings::words::counted;
use crate::findings::{Report, rule};

rule! {
    /// Modules whose tensors are zero where the method multiplies by them.
    ///
    /// ## Why is this bad
    /// Whatever else was trained in such a module, nothing is added to its output, as before training. Usually the
    /// wrong model was saved, or no gradient reached the module. LoRA has its own rule. For methods that do not
    /// multiply in this way, only a file of nothing but zeros is reported: their tensors scale activations, or are read
    /// as tokens, and zeros spoil what the model computes.
    ///
    /// ## Example
    /// ```text
    /// ...q_proj.vera_lambda_b    all zero
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    ModulesWithoutEffect, Warning
}

/// The ends of the names of factors, by method: a zero in place of any one of them leaves the module as it is.
const FACTORS: &[(PeftType, &[&str])] = &[
    (Adalora, &["lora_A", "lora_B", "lora_E"]),
    (AdaptionPrompt, &["adaption_gate"]),
    (Beft, &["beft_bias"]),
    (C3a, &["c3a_kernel"]),
    (Deft, &["deft_P"]),
    (Delora, &["delora_A", "delora_B", "delora_lambda", "delora_w_norm"]),
    (Fourierft, &["fourierft_spectrum"]),
    (Gralora, &["gralora_A", "gralora_B"]),
    (Hira, &["hira_A", "hira_B", "hira_embedding_A", "hira_embedding_B"]),
    (Lily, &["lily_A.weight", "lily_B.weight"]),
    (Loha, &["hada_w1_a", "hada_w1_b", "hada_w2_a", "hada_w2_b", "hada_t1", "hada_t2"]),
    (Lokr, &["lokr_w1", "lokr_w1_a", "lokr_w1_b", "lokr_w2", "lokr_w2_a", "lokr_w2_b", "lokr_t2"]),
    (Miss, &["miss_block"]),
    (Oft, &["oft_R.weight"]),
    (Peanut, &["peanut_A.weight", "peanut_B.weight"]),
    (Poly, &["poly_lora_A", "poly_lora_B"]),
    (Pvera, &["pvera_lambda_b", "pvera_lambda_d", "pvera_A", "pvera_B"]),
    (Randlora, &["randlora_lambda", "randlora_gamma", "randlora_A", "randlora_B"]),
    (Shira, &["shira_weight"]),
    (Supertuning, &["supertuning_values"]),
    (Tinylora, &["tinylora_A", "tinylora_B", "tinylora_P", "tinylora_v"]),
    (Unilora, &["unilora_theta_d"]),
    (Vblora, &["vblora_vector_bank"]),
    (Vera, &["vera_lambda_b", "vera_lambda_d", "vera_A", "vera_B"]),
    (Waveft, &["waveft_spectrum"]),
];

impl ModulesWithoutEffect {
    pub(super) fn check(facts: &Facts<'_>, report: &mut Report) {
        let Some((method, ends)) = FACTORS.iter().find(|(method, _)| facts.is(*method)) else {
            return Self::check_all(facts, report);
        };
        // GraLoRA has one more pair beside its blocks, if `hybrid_r` is set.
        if facts.statistics().iter().any(|(tensor, _)| tensor.name().contains("gralora_A_general")) {
            return Self::check_all(facts, report);
        }
        let end_of = |name: &str| {
            // TinyLoRA numbers the vectors that groups of modules share.
            let numbered = name.rsplit_once('.').filter(|(_, last)| last.bytes().all(|letter| letter.is_ascii_digit()));
            let name = numbered.map_or(name, |(path, _)| path);
            let is_end =
                |end: &&&str| name.strip_suffix(**end).is_some_and(|path| path.is_empty() || path.ends_with('.'));
            ends.iter().find(is_end).copied()
        };
        let factors =
            facts.statistics().iter().filter_map(|(tensor, found)| Some((end_of(tensor.name())?, tensor, found)));
        let factors: Vec<_> = factors.filter(|(_, tensor, _)| tensor.elements() > 0).collect();
        for end in *ends {
            let same = || factors.iter().filter(|(own, _, _)| own == end);
            let zero: Vec<_> =
                same().filter(|(.., found)| found.is_zero()).map(|(_, tensor, _)| tensor.name()).collect();
            let all = same().count();
            let Some(first) = zero.first() else { continue };
            // AdaLoRA takes all ranks from modules that matter least.
            if *method == Adalora && zero.len() < all {
                continue;
            }
            let of = if zero.len() == all {
                "everywhere".to_owned()
            } else {
                format!("in {} of {all}", counted(zero.len(), "tensor"))
            };
            let message = format!("`{end}` is all zero {of}, so it has no effect: {}", names(zero.iter().copied()));
            report
                .about_tensor(Self::INFO, first, message)
                .help("check that the adapter was trained, and saved from the model that was");
            return;
        }
        Self::check_all(facts, report);
    }

    /// No method is trained to zeros alone: where they do not keep the model as it is, they spoil it.
    fn check_all(facts: &Facts<'_>, report: &mut Report) {
        let all = facts.statistics();
        let Some((first, _)) = all.first().filter(|_| !facts.is(Lora)) else { return };
        if all.iter().all(|(tensor, found)| tensor.elements() > 0 && found.is_zero()) {
            let message = format!("all values are zero, in {}", counted(all.len(), "tensor"));
            report
                .about_tensor(Self::INFO, first.name(), message)
                .help("check that the adapter was saved from the model that was trained");
        }
    }
}
