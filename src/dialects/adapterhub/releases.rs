//! Which release knows which key: from adapter-transformers 1.0.0 to adapters 1.3.0.

use super::release::Release;

/// From which release to which a key is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// The first release with the key, such as `adapters 1.2.0`.
    pub since: Release,
    /// The last release with the key; `None` if the newest one has it.
    pub until: Option<Release>,
}

/// The lifetime of `key` in the configs of `method`: `bottleneck`, `prefix_tuning`, `prompt_tuning`, `lora`,
/// `mtl_lora`, `reft`, `fusion`, or `invertible_adapter` for the nested mapping of 1.x.
#[must_use]
pub fn lifetime(method: &str, key: &str) -> Option<Lifetime> {
    let (.., since, until, _) = TABLE.iter().find(|(name, .., keys)| *name == method && keys.contains(&key))?;
    Some(Lifetime { since: *since, until: *until })
}

/// All methods and keys with their lifetimes.
pub fn all() -> impl Iterator<Item = (&'static str, &'static str, Lifetime)> {
    TABLE.iter().flat_map(|(method, since, until, keys)| {
        keys.iter().map(move |key| (*method, *key, Lifetime { since: *since, until: *until }))
    })
}

/// A row: method, first release, last release, keys.
type Row = (&'static str, Release, Option<Release>, &'static [&'static str]);

#[rustfmt::skip]
const TABLE: &[Row] = &[
    ("bottleneck", Release::at("adapter-transformers 1.0.0"), None, &[
        "adapter_residual_before_ln", "invertible_adapter", "leave_out", "ln_after", "ln_before",
        "mh_adapter", "non_linearity", "original_ln_after", "original_ln_before", "output_adapter",
        "reduction_factor", "residual_before_ln",
    ]),
    ("bottleneck", Release::at("adapter-transformers 2.0.0"), None, &[
        "cross_adapter", "inv_adapter", "inv_adapter_reduction_factor",
    ]),
    ("bottleneck", Release::at("adapter-transformers 3.0.0"), None, &[
        "factorized_phm_W", "factorized_phm_rule", "hypercomplex_nonlinearity", "init_weights",
        "is_parallel", "learn_phm", "phm_bias", "phm_c_init", "phm_dim", "phm_init_range", "phm_layer",
        "phm_rank", "scaling", "shared_W_phm", "shared_phm_rule",
    ]),
    ("bottleneck", Release::at("adapter-transformers 3.1.0"), None, &[
        "use_gating",
    ]),
    ("bottleneck", Release::at("adapters 0.2.0"), None, &[
        "dropout",
    ]),
    ("bottleneck", Release::at("adapters 1.1.0"), None, &[
        "stochastic_depth",
    ]),
    ("bottleneck", Release::at("adapters 1.2.0"), None, &[
        "init_weights_seed",
    ]),
    ("invertible_adapter", Release::at("adapter-transformers 1.0.0"), Some(Release::at("adapter-transformers 1.1.1")), &[
        "block_type", "non_linearity", "reduction_factor",
    ]),
    ("prefix_tuning", Release::at("adapter-transformers 3.0.0"), None, &[
        "architecture", "bottleneck_size", "cross_prefix", "dropout", "encoder_prefix", "flat", "leave_out",
        "non_linearity", "prefix_length",
    ]),
    ("prefix_tuning", Release::at("adapter-transformers 3.1.0"), None, &[
        "shared_gating", "use_gating",
    ]),
    ("prefix_tuning", Release::at("adapters 1.2.0"), None, &[
        "init_weights_seed",
    ]),
    ("lora", Release::at("adapter-transformers 3.1.0"), None, &[
        "alpha", "architecture", "attn_matrices", "composition_mode", "dropout", "init_weights",
        "intermediate_lora", "output_lora", "r", "selfattn_lora", "use_gating",
    ]),
    ("lora", Release::at("adapters 0.1.1"), None, &[
        "leave_out",
    ]),
    ("lora", Release::at("adapters 1.1.0"), None, &[
        "dtype",
    ]),
    ("lora", Release::at("adapters 1.2.0"), None, &[
        "init_weights_seed", "vera_b", "vera_d",
    ]),
    ("lora", Release::at("adapters 1.3.0"), None, &[
        "use_dora",
    ]),
    ("mtl_lora", Release::at("adapters 1.2.0"), None, &[
        "alpha", "architecture", "attn_matrices", "composition_mode", "dropout", "dtype", "init_weights",
        "init_weights_seed", "intermediate_lora", "leave_out", "n_up_projection", "output_lora", "r",
        "selfattn_lora", "task_specific_matrix_type", "use_gating", "vera_b", "vera_d", "weights_sharpness",
    ]),
    ("mtl_lora", Release::at("adapters 1.3.0"), None, &[
        "use_dora",
    ]),
    ("prompt_tuning", Release::at("adapters 0.1.0"), None, &[
        "architecture", "combine", "prompt_init", "prompt_init_text", "prompt_length",
    ]),
    ("prompt_tuning", Release::at("adapters 1.2.0"), None, &[
        "init_weights_seed",
    ]),
    ("reft", Release::at("adapters 1.0.0"), None, &[
        "architecture", "dropout", "layers", "non_linearity", "orthogonality", "output_reft",
        "prefix_positions", "r", "suffix_positions", "tied_weights",
    ]),
    ("reft", Release::at("adapters 1.1.0"), None, &[
        "dtype",
    ]),
    ("reft", Release::at("adapters 1.2.0"), None, &[
        "init_weights_seed",
    ]),
    ("fusion", Release::at("adapter-transformers 1.0.0"), None, &[
        "key", "query", "query_before_ln", "regularization", "residual_before", "temperature", "value",
        "value_before_softmax", "value_initialized",
    ]),
    ("fusion", Release::at("adapters 0.1.0"), None, &[
        "dropout_prob",
    ]),
];
