//! LoRA.

use super::key::Type::{Choice, List, Map, Nullable, Object, OneOf, Pattern};
use super::key::{ANY, BOOL, COUNT, FRACTION, INTS, NUMBER, TEXT, TEXTS};
use super::method::method;
use super::nested::{ARROW, BDLORA, CORDA, EVA, KASA, LOFTQ, LORA_GA, MONTECLORA, VELORA};
use super::shared::{
    ALL_BIASES, EXCLUDE_MODULES, FAN_IN_FAN_OUT, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE,
    NO_BIAS, ONLY, RUNTIME_CONFIG, TARGET_MODULES,
};
use crate::dialects::peft::lora_init::NAMES;

method! {
    /// LoRA: `s · B · A` is added to the weight of a module, `A` of `[r, inputs]` and `B` of `[outputs, r]`. The scale
    /// `s` is `lora_alpha / r`. Its variants (DoRA, rsLoRA, KaSA, aLoRA and more) are switched on by keys.
    METHOD, Lora, "peft-lora", "LoRA", "LoraConfig",
    "Hu et al., 2021, arXiv:2106.09685",
    r#"{"peft_type": "LORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"], "r": 4, "lora_alpha": 8}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN, FAN_IN_FAN_OUT, RUNTIME_CONFIG],
    {
        /// The token ids of the invocation, as the tokenizer gives them: the update applies only from these tokens on
        /// (activated LoRA, arXiv:2504.12397). Such an adapter cannot be merged. Null: the update applies everywhere.
        alora_invocation_tokens = null, Nullable(&INTS);
        /// `lora_alpha` for some modules: each key is a regular expression for the end of a module's name, after a dot,
        /// and the first key that matches counts. PEFT sorts the keys when it saves, so the order can differ after
        /// loading.
        alpha_pattern = {}, Map(&NUMBER);
        /// Routing between several LoRAs by Arrow, arXiv:2405.11157. Null: no routing.
        arrow_config = null, Nullable(&Object(&ARROW));
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("lora_only", ONLY)]), LIKE_ONLY]);
        /// How CorDA prepares the initialisation; only used if `init_lora_weights` is `corda`.
        corda_config = null, Nullable(&Object(&CORDA));
        /// Whether tied layers, such as the embeddings and the output layer, get tied adapters. It concerns
        /// `modules_to_save`, `target_modules` and `trainable_token_indices`.
        ensure_weight_tying = false, BOOL;
        /// How EVA finds the initialisation; only used if `init_lora_weights` is `eva`.
        eva_config = null, Nullable(&Object(&EVA));
        /// How A and B are initialised. True: A random, B zero, so that the adapter starts without effect. False: both
        /// random. A name selects a method; methods that take a part out of the base model's weights do so again
        /// whenever the adapter is loaded. Only for `gaussian` and `olora` are upper and lower case the same; `MiCA`
        /// starts as `mica`, but trains B, too.
        init_lora_weights = true, OneOf(&[BOOL, Choice(&NAMES), Pattern("^pissa_niter_[0-9]+$", "PiSSA by a fast approximation, with this number of iterations.")]);
        /// KaSA, arXiv:2412.06071: a trained diagonal between A and B, and a base weight without its `r` smallest
        /// singular values. The base weight is changed permanently.
        kasa_config = null, Nullable(&Object(&KASA));
        /// Layers of the base model that are used several times: pairs of the first layer and the one after the last,
        /// in the order of the new model. PEFT looks for the layers at `layers` (as Llama and Mistral have them),
        /// `encoder.layer` (BERT) or `h` (Falcon), and refuses a model that has none of these.
        layer_replication = null, Nullable(&List(&INTS));
        /// How LoftQ quantises the base model; only used if `init_lora_weights` is `loftq`.
        loftq_config = {}, Nullable(&OneOf(&[Object(&LOFTQ)]));
        /// The weight of the update: it is multiplied by `lora_alpha / r`, or by `lora_alpha / √r` with `use_rslora`. 0
        /// switches the adapter off.
        lora_alpha = 8, NUMBER;
        /// Whether B has a bias of its own. Only with a plain initialisation, and neither with DoRA nor on embeddings.
        lora_bias = false, BOOL;
        /// The probability of dropping an input of A in training.
        lora_dropout = 0.0, FRACTION;
        /// How LoRA-GA finds the initialisation from gradients; only used if `init_lora_weights` is `lora_ga`.
        lora_ga_config = null, Nullable(&Object(&LORA_GA));
        /// The `TransformerConfig` of Megatron, for its parallel layers.
        megatron_config = null, Nullable(&Map(&ANY));
        /// The Python module that holds Megatron's parallel layers.
        megatron_core = "megatron.core", Nullable(&TEXT);
        /// MonteCLoRA: random samples are added to the update in training. Null: none.
        monteclora_config = null, Nullable(&Object(&MONTECLORA));
        /// How many inputs are averaged into one, with `use_qalora`. It must divide the inputs of a module.
        qalora_group_size = 16, COUNT;
        /// The rank: the inner size of A and B.
        r = 8, COUNT;
        /// `r` for some modules, by the same keys as `alpha_pattern`.
        rank_pattern = {}, Map(&COUNT);
        /// Parameters that are adapted instead of modules, by name or end of name: for experts that are stored as one
        /// tensor.
        target_parameters = null, Nullable(&TEXTS);
        /// Rows of the embedding that are also trained: a list of token ids, or an object with a list for each
        /// embedding module.
        trainable_token_indices = null, Nullable(&OneOf(&[INTS, Map(&INTS)]));
        /// BD-LoRA: A or B consists of blocks along the diagonal. Null: ordinary matrices.
        use_bdlora = null, Nullable(&Object(&BDLORA));
        /// Whether the updated weight is normalised row by row and scaled by a trained length (DoRA, arXiv:2402.09353).
        use_dora = false, BOOL;
        /// Whether inputs are averaged in groups before A (QA-LoRA, arXiv:2309.14717). Only modules quantised by GPTQ
        /// use it.
        use_qalora = false, BOOL;
        /// Whether the scale is `lora_alpha / √r` (rank-stabilised LoRA, arXiv:2312.03732).
        use_rslora = false, BOOL;
        /// VeLoRA, arXiv:2405.17991: activations are kept compressed for the backward pass. Null: kept in full.
        velora_config = null, Nullable(&Object(&VELORA));
    }
}
