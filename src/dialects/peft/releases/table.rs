//! Generated from `fixtures/releases/peft_keys.json`; `BLESS=1 cargo test --test generated` writes it anew.
//! Numbers are places in the list of releases.

#[rustfmt::skip]
pub(super) const RELEASES: [&str; 38] = [
    "0.0.1", "0.0.2", "0.1.0", "0.2.0", "0.3.0", "0.4.0", "0.5.0", "0.6.0", "0.6.1", "0.6.2", "0.7.0",
    "0.7.1", "0.8.0", "0.8.1", "0.8.2", "0.9.0", "0.10.0", "0.11.0", "0.11.1", "0.12.0", "0.13.0",
    "0.13.1", "0.13.2", "0.14.0", "0.15.0", "0.15.1", "0.15.2", "0.16.0", "0.17.0", "0.17.1", "0.18.0",
    "0.18.1", "0.19.0", "0.19.1", "0.20.0", "0.21.0", "0.21.1", "0.21.2",
];

/// The first and the last place.
type Places = (u8, Option<u8>);

/// Methods, with their first and last release.
#[rustfmt::skip]
pub(super) const METHODS: &[(&str, Places)] = &[
    ("PROMPT_TUNING", (0, None)),
    ("PREFIX_TUNING", (0, None)),
    ("P_TUNING", (0, None)),
    ("LORA", (0, None)),
    ("ADAPTION_PROMPT", (4, None)),
    ("ADALORA", (4, None)),
    ("IA3", (5, None)),
    ("LOHA", (7, None)),
    ("LOKR", (7, None)),
    ("MULTITASK_PROMPT_TUNING", (7, None)),
    ("OFT", (10, None)),
    ("POLY", (12, None)),
    ("BOFT", (17, None)),
    ("LN_TUNING", (17, None)),
    ("VERA", (17, None)),
    ("FOURIERFT", (19, None)),
    ("XLORA", (19, None)),
    ("HRA", (19, None)),
    ("LORAPLUS", (20, Some(23))),
    ("VBLORA", (20, None)),
    ("CPT", (23, None)),
    ("BONE", (23, Some(31))),
    ("TRAINABLE_TOKENS", (24, None)),
    ("C3A", (27, None)),
    ("RANDLORA", (27, None)),
    ("MISS", (28, None)),
    ("SHIRA", (28, None)),
    ("DELORA", (30, None)),
    ("OSF", (30, None)),
    ("ROAD", (30, None)),
    ("WAVEFT", (30, None)),
    ("ADAMSS", (32, None)),
    ("CARTRIDGE", (32, None)),
    ("GRALORA", (32, None)),
    ("LILY", (32, None)),
    ("PEANUT", (32, None)),
    ("PSOFT", (32, None)),
    ("PVERA", (32, None)),
    ("TINYLORA", (32, None)),
    ("BEFT", (34, None)),
    ("DEFT", (34, None)),
    ("FROD", (34, None)),
    ("GLORA", (34, None)),
    ("HIRA", (34, None)),
    ("UNILORA", (34, None)),
    ("SHADOW", (35, None)),
    ("SUPERTUNING", (35, None)),
];

/// Keys of methods, with their first and last release.
#[rustfmt::skip]
pub(super) const KEYS: &[(&str, Places, &[&str])] = &[
    ("PROMPT_TUNING", (0, None), &[
        "inference_mode", "num_attention_heads", "num_layers", "num_transformer_submodules",
        "num_virtual_tokens", "peft_type", "prompt_tuning_init", "prompt_tuning_init_text", "task_type",
        "token_dim", "tokenizer_name_or_path",
    ]),
    ("PROMPT_TUNING", (2, None), &[
        "base_model_name_or_path",
    ]),
    ("PROMPT_TUNING", (5, None), &[
        "auto_mapping", "revision",
    ]),
    ("PROMPT_TUNING", (10, None), &[
        "tokenizer_kwargs",
    ]),
    ("PROMPT_TUNING", (28, None), &[
        "modules_to_save",
    ]),
    ("PROMPT_TUNING", (30, None), &[
        "peft_version",
    ]),
    ("PREFIX_TUNING", (0, None), &[
        "encoder_hidden_size", "inference_mode", "num_attention_heads", "num_layers",
        "num_transformer_submodules", "num_virtual_tokens", "peft_type", "prefix_projection", "task_type",
        "token_dim",
    ]),
    ("PREFIX_TUNING", (0, Some(1)), &[
        "postprocess_past_key_value_function",
    ]),
    ("PREFIX_TUNING", (2, None), &[
        "base_model_name_or_path",
    ]),
    ("PREFIX_TUNING", (5, None), &[
        "auto_mapping", "revision",
    ]),
    ("PREFIX_TUNING", (28, None), &[
        "modules_to_save",
    ]),
    ("PREFIX_TUNING", (30, None), &[
        "peft_version",
    ]),
    ("PREFIX_TUNING", (32, None), &[
        "init_weights",
    ]),
    ("P_TUNING", (0, None), &[
        "encoder_dropout", "encoder_hidden_size", "encoder_num_layers", "encoder_reparameterization_type",
        "inference_mode", "num_attention_heads", "num_layers", "num_transformer_submodules",
        "num_virtual_tokens", "peft_type", "task_type", "token_dim",
    ]),
    ("P_TUNING", (2, None), &[
        "base_model_name_or_path",
    ]),
    ("P_TUNING", (5, None), &[
        "auto_mapping", "revision",
    ]),
    ("P_TUNING", (28, None), &[
        "modules_to_save",
    ]),
    ("P_TUNING", (30, None), &[
        "peft_version",
    ]),
    ("LORA", (0, None), &[
        "bias", "fan_in_fan_out", "inference_mode", "lora_alpha", "lora_dropout", "peft_type", "r",
        "target_modules", "task_type",
    ]),
    ("LORA", (0, Some(3)), &[
        "enable_lora", "merge_weights",
    ]),
    ("LORA", (2, None), &[
        "base_model_name_or_path", "modules_to_save",
    ]),
    ("LORA", (4, None), &[
        "init_lora_weights",
    ]),
    ("LORA", (5, None), &[
        "auto_mapping", "layers_pattern", "layers_to_transform", "revision",
    ]),
    ("LORA", (7, None), &[
        "alpha_pattern", "rank_pattern",
    ]),
    ("LORA", (10, None), &[
        "loftq_config", "megatron_config", "megatron_core",
    ]),
    ("LORA", (12, None), &[
        "use_rslora",
    ]),
    ("LORA", (15, None), &[
        "use_dora",
    ]),
    ("LORA", (16, None), &[
        "layer_replication",
    ]),
    ("LORA", (19, None), &[
        "runtime_config",
    ]),
    ("LORA", (23, None), &[
        "eva_config", "exclude_modules", "lora_bias",
    ]),
    ("LORA", (24, None), &[
        "corda_config", "trainable_token_indices",
    ]),
    ("LORA", (27, None), &[
        "qalora_group_size", "use_qalora",
    ]),
    ("LORA", (28, None), &[
        "target_parameters",
    ]),
    ("LORA", (30, None), &[
        "alora_invocation_tokens", "arrow_config", "ensure_weight_tying", "peft_version",
    ]),
    ("LORA", (32, None), &[
        "lora_ga_config", "use_bdlora",
    ]),
    ("LORA", (34, None), &[
        "monteclora_config", "velora_config",
    ]),
    ("LORA", (35, None), &[
        "kasa_config",
    ]),
    ("ADAPTION_PROMPT", (4, None), &[
        "adapter_layers", "adapter_len", "base_model_name_or_path", "inference_mode", "peft_type",
        "target_modules", "task_type",
    ]),
    ("ADAPTION_PROMPT", (5, None), &[
        "auto_mapping", "revision",
    ]),
    ("ADAPTION_PROMPT", (30, None), &[
        "peft_version",
    ]),
    ("ADALORA", (4, None), &[
        "base_model_name_or_path", "beta1", "beta2", "bias", "deltaT", "fan_in_fan_out", "inference_mode",
        "init_lora_weights", "init_r", "lora_alpha", "lora_dropout", "modules_to_save", "orth_reg_weight",
        "peft_type", "r", "rank_pattern", "target_modules", "target_r", "task_type", "tfinal", "tinit",
        "total_step",
    ]),
    ("ADALORA", (5, None), &[
        "auto_mapping", "layers_pattern", "layers_to_transform", "revision",
    ]),
    ("ADALORA", (7, None), &[
        "alpha_pattern",
    ]),
    ("ADALORA", (10, None), &[
        "loftq_config", "megatron_config", "megatron_core",
    ]),
    ("ADALORA", (12, None), &[
        "use_rslora",
    ]),
    ("ADALORA", (15, None), &[
        "use_dora",
    ]),
    ("ADALORA", (16, None), &[
        "layer_replication",
    ]),
    ("ADALORA", (19, None), &[
        "runtime_config",
    ]),
    ("ADALORA", (23, None), &[
        "eva_config", "exclude_modules", "lora_bias",
    ]),
    ("ADALORA", (24, None), &[
        "corda_config", "trainable_token_indices",
    ]),
    ("ADALORA", (27, None), &[
        "qalora_group_size", "use_qalora",
    ]),
    ("ADALORA", (28, None), &[
        "target_parameters",
    ]),
    ("ADALORA", (30, None), &[
        "alora_invocation_tokens", "arrow_config", "ensure_weight_tying", "peft_version",
    ]),
    ("ADALORA", (32, None), &[
        "lora_ga_config", "use_bdlora",
    ]),
    ("ADALORA", (34, None), &[
        "monteclora_config", "velora_config",
    ]),
    ("ADALORA", (35, None), &[
        "kasa_config",
    ]),
    ("IA3", (5, None), &[
        "auto_mapping", "base_model_name_or_path", "fan_in_fan_out", "feedforward_modules",
        "inference_mode", "init_ia3_weights", "modules_to_save", "peft_type", "revision", "target_modules",
        "task_type",
    ]),
    ("IA3", (23, None), &[
        "exclude_modules",
    ]),
    ("IA3", (30, None), &[
        "peft_version",
    ]),
    ("LOHA", (7, None), &[
        "alpha", "alpha_pattern", "auto_mapping", "base_model_name_or_path", "inference_mode",
        "init_weights", "layers_pattern", "layers_to_transform", "module_dropout", "modules_to_save",
        "peft_type", "r", "rank_dropout", "rank_pattern", "revision", "target_modules", "task_type",
        "use_effective_conv2d",
    ]),
    ("LOHA", (23, None), &[
        "exclude_modules",
    ]),
    ("LOHA", (30, None), &[
        "peft_version",
    ]),
    ("LOKR", (7, None), &[
        "alpha", "alpha_pattern", "auto_mapping", "base_model_name_or_path", "decompose_both",
        "decompose_factor", "inference_mode", "init_weights", "layers_pattern", "layers_to_transform",
        "module_dropout", "modules_to_save", "peft_type", "r", "rank_dropout", "rank_pattern", "revision",
        "target_modules", "task_type", "use_effective_conv2d",
    ]),
    ("LOKR", (23, None), &[
        "exclude_modules", "rank_dropout_scale",
    ]),
    ("LOKR", (30, None), &[
        "peft_version",
    ]),
    ("MULTITASK_PROMPT_TUNING", (7, None), &[
        "auto_mapping", "base_model_name_or_path", "inference_mode", "num_attention_heads", "num_layers",
        "num_ranks", "num_tasks", "num_transformer_submodules", "num_virtual_tokens", "peft_type",
        "prompt_tuning_init", "prompt_tuning_init_state_dict_path", "prompt_tuning_init_task",
        "prompt_tuning_init_text", "revision", "task_type", "token_dim", "tokenizer_name_or_path",
    ]),
    ("MULTITASK_PROMPT_TUNING", (10, None), &[
        "tokenizer_kwargs",
    ]),
    ("MULTITASK_PROMPT_TUNING", (28, None), &[
        "modules_to_save",
    ]),
    ("MULTITASK_PROMPT_TUNING", (30, None), &[
        "peft_version",
    ]),
    ("OFT", (10, None), &[
        "auto_mapping", "base_model_name_or_path", "block_share", "coft", "eps", "inference_mode",
        "init_weights", "layers_pattern", "layers_to_transform", "module_dropout", "modules_to_save",
        "peft_type", "r", "revision", "target_modules", "task_type",
    ]),
    ("OFT", (10, Some(23)), &[
        "alpha_pattern", "rank_pattern",
    ]),
    ("OFT", (23, None), &[
        "bias", "exclude_modules", "fan_in_fan_out", "oft_block_size",
    ]),
    ("OFT", (27, None), &[
        "num_cayley_neumann_terms", "use_cayley_neumann",
    ]),
    ("OFT", (30, None), &[
        "peft_version",
    ]),
    ("POLY", (12, None), &[
        "auto_mapping", "base_model_name_or_path", "inference_mode", "init_weights", "modules_to_save",
        "n_skills", "n_splits", "n_tasks", "peft_type", "poly_type", "r", "revision", "target_modules",
        "task_type",
    ]),
    ("POLY", (23, None), &[
        "exclude_modules",
    ]),
    ("POLY", (30, None), &[
        "peft_version",
    ]),
    ("BOFT", (17, None), &[
        "auto_mapping", "base_model_name_or_path", "bias", "boft_block_num", "boft_block_size",
        "boft_dropout", "boft_n_butterfly_factor", "fan_in_fan_out", "inference_mode", "init_weights",
        "layers_pattern", "layers_to_transform", "modules_to_save", "peft_type", "revision",
        "target_modules", "task_type",
    ]),
    ("BOFT", (23, None), &[
        "exclude_modules",
    ]),
    ("BOFT", (30, None), &[
        "peft_version",
    ]),
    ("LN_TUNING", (17, None), &[
        "auto_mapping", "base_model_name_or_path", "inference_mode", "modules_to_save", "peft_type",
        "revision", "target_modules", "task_type",
    ]),
    ("LN_TUNING", (23, None), &[
        "exclude_modules",
    ]),
    ("LN_TUNING", (30, None), &[
        "peft_version",
    ]),
    ("VERA", (17, None), &[
        "auto_mapping", "base_model_name_or_path", "bias", "d_initial", "fan_in_fan_out", "inference_mode",
        "init_weights", "layers_pattern", "layers_to_transform", "modules_to_save", "peft_type",
        "projection_prng_key", "r", "revision", "save_projection", "target_modules", "task_type",
        "vera_dropout",
    ]),
    ("VERA", (30, None), &[
        "peft_version",
    ]),
    ("FOURIERFT", (19, None), &[
        "auto_mapping", "base_model_name_or_path", "bias", "fan_in_fan_out", "inference_mode",
        "init_weights", "layers_pattern", "layers_to_transform", "modules_to_save", "n_frequency",
        "n_frequency_pattern", "peft_type", "random_loc_seed", "revision", "scaling", "target_modules",
        "task_type",
    ]),
    ("FOURIERFT", (23, None), &[
        "exclude_modules",
    ]),
    ("FOURIERFT", (30, None), &[
        "peft_version",
    ]),
    ("XLORA", (19, None), &[
        "adapters", "auto_mapping", "base_model_name_or_path", "enable_softmax", "enable_softmax_topk",
        "global_scaling_weight", "hidden_size", "inference_mode", "layerwise_scalings", "peft_type",
        "revision", "scaling_pass_value", "softmax_temperature", "task_type", "top_k_lora",
        "use_trainable_adapters", "xlora_depth", "xlora_dropout_p", "xlora_size",
    ]),
    ("XLORA", (30, None), &[
        "peft_version",
    ]),
    ("HRA", (19, None), &[
        "apply_GS", "auto_mapping", "base_model_name_or_path", "bias", "inference_mode", "init_weights",
        "layers_pattern", "layers_to_transform", "modules_to_save", "peft_type", "r", "revision",
        "target_modules", "task_type",
    ]),
    ("HRA", (23, None), &[
        "exclude_modules",
    ]),
    ("HRA", (30, None), &[
        "peft_version",
    ]),
    ("LORAPLUS", (20, Some(23)), &[
        "alpha_pattern", "auto_mapping", "base_model_name_or_path", "bias", "fan_in_fan_out",
        "inference_mode", "init_lora_weights", "layer_replication", "layers_pattern", "layers_to_transform",
        "loftq_config", "lora_alpha", "lora_dropout", "megatron_config", "megatron_core", "modules_to_save",
        "peft_type", "r", "rank_pattern", "revision", "runtime_config", "target_modules", "task_type",
        "use_dora", "use_rslora",
    ]),
    ("LORAPLUS", (23, Some(23)), &[
        "eva_config", "exclude_modules", "lora_bias",
    ]),
    ("VBLORA", (20, None), &[
        "auto_mapping", "base_model_name_or_path", "bias", "fan_in_fan_out", "inference_mode",
        "init_logits_std", "init_vector_bank_bound", "layers_pattern", "layers_to_transform",
        "modules_to_save", "num_vectors", "peft_type", "r", "revision", "save_only_topk_weights",
        "target_modules", "task_type", "topk", "vblora_dropout", "vector_length",
    ]),
    ("VBLORA", (23, None), &[
        "exclude_modules",
    ]),
    ("VBLORA", (30, None), &[
        "peft_version",
    ]),
    ("CPT", (23, None), &[
        "auto_mapping", "base_model_name_or_path", "cpt_mask", "cpt_token_ids", "cpt_tokens_type_mask",
        "inference_mode", "num_attention_heads", "num_layers", "num_transformer_submodules",
        "num_virtual_tokens", "opt_loss_decay_factor", "opt_projection_epsilon",
        "opt_projection_format_epsilon", "opt_weighted_loss_type", "peft_type", "revision", "task_type",
        "token_dim", "tokenizer_name_or_path",
    ]),
    ("CPT", (28, None), &[
        "modules_to_save",
    ]),
    ("CPT", (30, None), &[
        "peft_version",
    ]),
    ("BONE", (23, Some(31)), &[
        "auto_mapping", "base_model_name_or_path", "bias", "exclude_modules", "inference_mode",
        "init_weights", "layers_pattern", "layers_to_transform", "modules_to_save", "peft_type", "r",
        "revision", "target_modules", "task_type",
    ]),
    ("BONE", (30, Some(31)), &[
        "peft_version",
    ]),
    ("TRAINABLE_TOKENS", (24, None), &[
        "auto_mapping", "base_model_name_or_path", "inference_mode", "init_weights", "peft_type",
        "revision", "target_modules", "task_type", "token_indices",
    ]),
    ("TRAINABLE_TOKENS", (30, None), &[
        "peft_version",
    ]),
    ("C3A", (27, None), &[
        "auto_mapping", "base_model_name_or_path", "bias", "block_size", "block_size_pattern",
        "inference_mode", "init_weights", "layers_pattern", "layers_to_transform", "modules_to_save",
        "peft_type", "revision", "target_modules", "task_type",
    ]),
    ("C3A", (30, None), &[
        "peft_version",
    ]),
    ("RANDLORA", (27, None), &[
        "auto_mapping", "base_model_name_or_path", "bias", "fan_in_fan_out", "inference_mode",
        "init_weights", "layers_pattern", "layers_to_transform", "modules_to_save", "peft_type",
        "projection_prng_key", "r", "randlora_alpha", "randlora_dropout", "revision", "save_projection",
        "sparse", "target_modules", "task_type", "very_sparse",
    ]),
    ("RANDLORA", (30, None), &[
        "peft_version",
    ]),
    ("MISS", (28, None), &[
        "auto_mapping", "base_model_name_or_path", "bias", "exclude_modules", "inference_mode",
        "init_weights", "layers_pattern", "layers_to_transform", "mini_r", "miss_dropout",
        "modules_to_save", "peft_type", "r", "revision", "target_modules", "task_type",
    ]),
    ("MISS", (30, None), &[
        "peft_version",
    ]),
    ("SHIRA", (28, None), &[
        "auto_mapping", "base_model_name_or_path", "fan_in_fan_out", "inference_mode", "init_weights",
        "mask_type", "modules_to_save", "peft_type", "r", "random_seed", "revision", "target_modules",
        "task_type",
    ]),
    ("SHIRA", (30, None), &[
        "peft_version",
    ]),
    ("DELORA", (30, None), &[
        "auto_mapping", "base_model_name_or_path", "bias", "delora_lambda", "exclude_modules",
        "inference_mode", "init_weights", "lambda_pattern", "layers_pattern", "layers_to_transform",
        "module_dropout", "modules_to_save", "peft_type", "peft_version", "r", "rank_pattern", "revision",
        "target_modules", "task_type",
    ]),
    ("OSF", (30, None), &[
        "auto_mapping", "base_model_name_or_path", "effective_rank", "inference_mode", "init_weights",
        "modules_to_save", "peft_type", "peft_version", "rank_pattern", "revision", "target_modules",
        "target_svd_config", "task_type",
    ]),
    ("ROAD", (30, None), &[
        "auto_mapping", "base_model_name_or_path", "group_size", "inference_mode", "init_weights",
        "modules_to_save", "peft_type", "peft_version", "revision", "target_modules", "task_type",
        "variant",
    ]),
    ("WAVEFT", (30, None), &[
        "auto_mapping", "base_model_name_or_path", "bias", "exclude_modules", "fan_in_fan_out",
        "inference_mode", "init_weights", "layers_pattern", "layers_to_transform", "modules_to_save",
        "n_frequency", "n_frequency_pattern", "peft_type", "peft_version", "proportional_parameters",
        "random_loc_seed", "revision", "scaling", "target_modules", "task_type", "use_idwt",
        "wavelet_family",
    ]),
    ("ADAMSS", (32, None), &[
        "asa_importance_beta", "asa_schedule_exponent", "asa_target_subspaces", "asa_uncertainty_beta",
        "auto_mapping", "base_model_name_or_path", "final_warmup", "inference_mode", "init_warmup",
        "init_weights", "layers_pattern", "layers_to_transform", "mask_interval", "modules_to_save",
        "num_subspaces", "peft_type", "peft_version", "r", "revision", "subspace_rank", "svd_threshold",
        "target_modules", "task_type", "use_asa", "use_dynamic_rank",
    ]),
    ("ADAMSS", (34, None), &[
        "random_seed",
    ]),
    ("CARTRIDGE", (32, None), &[
        "auto_mapping", "base_model_name_or_path", "inference_mode", "modules_to_save",
        "num_attention_heads", "num_frozen_tokens", "num_layers", "num_transformer_submodules",
        "num_virtual_tokens", "peft_type", "peft_version", "revision", "task_type", "token_dim",
    ]),
    ("GRALORA", (32, None), &[
        "alpha", "auto_mapping", "base_model_name_or_path", "bias", "fan_in_fan_out", "gralora_dropout",
        "gralora_k", "hybrid_r", "inference_mode", "init_weights", "layers_pattern", "layers_to_transform",
        "modules_to_save", "peft_type", "peft_version", "r", "revision", "target_modules", "task_type",
    ]),
    ("LILY", (32, None), &[
        "auto_mapping", "base_model_name_or_path", "exclude_modules", "inference_mode", "init_weights",
        "layers_pattern", "layers_to_transform", "modules_to_save", "num_B", "peft_type", "peft_version",
        "r", "revision", "scaling", "stride_A", "target_modules", "task_type",
    ]),
    ("PEANUT", (32, None), &[
        "act_fn", "auto_mapping", "base_model_name_or_path", "depth", "exclude_modules", "inference_mode",
        "init_weights", "layers_pattern", "layers_to_transform", "modules_to_save", "peft_type",
        "peft_version", "r", "revision", "scaling", "target_modules", "task_type",
    ]),
    ("PSOFT", (32, None), &[
        "ab_svd_init", "auto_mapping", "base_model_name_or_path", "cayley_neumann_eps", "exclude_modules",
        "fan_in_fan_out", "inference_mode", "init_weights", "layers_pattern", "layers_to_transform",
        "modules_to_save", "num_cayley_neumann_terms", "peft_type", "peft_version", "psoft_alpha",
        "psoft_dropout", "psoft_mag_a", "psoft_mag_b", "psoft_orth", "psoft_svd", "psoft_svd_lowrank_niter",
        "r", "revision", "target_modules", "task_type", "use_cayley_neumann",
    ]),
    ("PSOFT", (34, None), &[
        "random_seed",
    ]),
    ("PVERA", (32, None), &[
        "auto_mapping", "base_model_name_or_path", "bias", "d_initial", "fan_in_fan_out", "inference_mode",
        "init_weights", "layers_pattern", "layers_to_transform", "modules_to_save", "peft_type",
        "peft_version", "projection_prng_key", "pvera_dropout", "r", "revision", "sample_at_inference",
        "save_projection", "target_modules", "task_type",
    ]),
    ("PVERA", (34, None), &[
        "generator_seed",
    ]),
    ("TINYLORA", (32, None), &[
        "auto_mapping", "base_model_name_or_path", "bias", "fan_in_fan_out", "inference_mode",
        "init_v_bound", "init_weights", "layers_pattern", "layers_to_transform", "modules_to_save",
        "peft_type", "peft_version", "projection_seed", "r", "revision", "save_projection",
        "target_modules", "task_type", "tinylora_dropout", "u", "weight_tying",
    ]),
    ("BEFT", (34, None), &[
        "auto_mapping", "base_model_name_or_path", "inference_mode", "init_weights", "modules_to_save",
        "peft_type", "peft_version", "revision", "target_modules", "task_type",
    ]),
    ("DEFT", (34, None), &[
        "alpha", "auto_mapping", "base_model_name_or_path", "bias", "decomposition_method", "deft_dropout",
        "exclude_modules", "fan_in_fan_out", "inference_mode", "init_scale", "init_weights",
        "layers_pattern", "layers_to_transform", "modules_to_save", "para", "peft_type", "peft_version",
        "r", "revision", "target_modules", "task_type",
    ]),
    ("FROD", (34, None), &[
        "auto_mapping", "base_model_name_or_path", "bias", "fan_in_fan_out", "frod_dropout",
        "inference_mode", "init_weights", "layers_pattern", "layers_to_transform", "modules_to_save",
        "peft_type", "peft_version", "progressbar", "projection_prng_key", "regularization_alpha",
        "revision", "runtime_offload_base_weight", "save_projection", "sparse_rate", "target_modules",
        "task_type",
    ]),
    ("GLORA", (34, None), &[
        "auto_mapping", "base_model_name_or_path", "bias", "config_A_B", "config_C", "config_D_E",
        "inference_mode", "init_weights", "modules_to_save", "peft_type", "peft_version", "r", "revision",
        "target_modules", "task_type",
    ]),
    ("HIRA", (34, None), &[
        "auto_mapping", "base_model_name_or_path", "exclude_modules", "fan_in_fan_out", "hira_dropout",
        "inference_mode", "init_weights", "layers_pattern", "layers_to_transform", "modules_to_save",
        "peft_type", "peft_version", "r", "rank_pattern", "revision", "target_modules", "task_type",
    ]),
    ("UNILORA", (34, None), &[
        "auto_mapping", "base_model_name_or_path", "bias", "fan_in_fan_out", "inference_mode",
        "init_theta_d_bound", "init_weights", "layers_pattern", "layers_to_transform", "modules_to_save",
        "peft_type", "peft_version", "proj_seed", "r", "revision", "save_indices", "target_modules",
        "task_type", "theta_d_length", "unilora_dropout",
    ]),
    ("SHADOW", (35, None), &[
        "auto_mapping", "auxiliary_loss_weight", "base_model_name_or_path", "exclude_modules",
        "inference_mode", "init_weights", "layers_pattern", "layers_to_transform", "modules_to_save",
        "peft_type", "peft_version", "r", "revision", "shadow_alpha", "shadow_dropout",
        "shadow_hidden_size", "shadow_intermediate_size", "shadow_model", "shadow_num_attention_heads",
        "shadow_num_hidden_layers", "share_embeddings", "target_modules", "task_type", "update_hidden_size",
    ]),
    ("SUPERTUNING", (35, None), &[
        "auto_mapping", "base_model_name_or_path", "inference_mode", "init_weights", "lora_alpha",
        "lora_dropout", "modules_to_save", "peft_type", "peft_version", "r", "revision",
        "save_precomputed_indices", "select_top", "sparsity", "target_modules", "task_type",
    ]),
];

/// Defaults that changed: method, key, the release from which on it is so, JSON.
#[rustfmt::skip]
pub(super) const DEFAULTS: &[(&str, &str, u8, &str)] = &[
    ("PROMPT_TUNING", "num_transformer_submodules", 0, "1"),
    ("PROMPT_TUNING", "num_transformer_submodules", 3, "null"),
    ("PREFIX_TUNING", "num_transformer_submodules", 0, "1"),
    ("PREFIX_TUNING", "num_transformer_submodules", 3, "null"),
    ("P_TUNING", "num_transformer_submodules", 0, "1"),
    ("P_TUNING", "num_transformer_submodules", 3, "null"),
    ("LORA", "lora_alpha", 0, "null"),
    ("LORA", "lora_alpha", 5, "8"),
    ("LORA", "lora_dropout", 0, "null"),
    ("LORA", "lora_dropout", 5, "0.0"),
    ("ADALORA", "lora_alpha", 4, "null"),
    ("ADALORA", "lora_alpha", 5, "8"),
    ("ADALORA", "lora_dropout", 4, "null"),
    ("ADALORA", "lora_dropout", 5, "0.0"),
    ("OFT", "oft_block_size", 23, "0"),
    ("OFT", "oft_block_size", 27, "32"),
    ("OFT", "r", 10, "8"),
    ("OFT", "r", 27, "0"),
    ("OSF", "init_weights", 30, "null"),
    ("OSF", "init_weights", 35, "true"),
];
