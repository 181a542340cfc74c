//! VB-LoRA.

use super::key::Type::{Choice, OneOf};
use super::key::{BOOL, COUNT, FRACTION, NUMBER};
use super::method::method;
use super::shared::{
    ALL_BIASES, EXCLUDE_MODULES, FAN_IN_FAN_OUT, LAYERS_PATTERN, LAYERS_TO_TRANSFORM, LIKE_ONLY, MODULES_TO_SAVE,
    NO_BIAS, ONLY, TARGET_MODULES,
};

method! {
    /// VB-LoRA: A and B are assembled from pieces, each a mixture of the best vectors from a bank that all modules
    /// share.
    METHOD, Vblora, "peft-vblora", "VB-LoRA", "VBLoRAConfig",
    "Li et al., 2024, arXiv:2405.15179",
    r#"{"peft_type": "VBLORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"], "vector_length": 16, "num_vectors": 32}"#,
    [TARGET_MODULES, EXCLUDE_MODULES, MODULES_TO_SAVE, LAYERS_TO_TRANSFORM, LAYERS_PATTERN, FAN_IN_FAN_OUT],
    {
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("vblora_only", ONLY)]), LIKE_ONLY]);
        /// The initial spread of the logits.
        init_logits_std = 0.1, NUMBER;
        /// The initial bound of the bank's values.
        init_vector_bank_bound = 0.02, NUMBER;
        /// The number of vectors in the bank.
        num_vectors = 256, COUNT;
        /// The rank: the inner size of A and B.
        r = 4, COUNT;
        /// Whether only the chosen vectors and their weights are saved; the file is smaller, but cannot be trained
        /// further.
        save_only_topk_weights = false, BOOL;
        /// How many vectors are mixed; at most `num_vectors`.
        topk = 2, COUNT;
        /// The probability of dropping an input in training.
        vblora_dropout = 0.0, FRACTION;
        /// The length of a vector. It must divide the inputs and the outputs of every module.
        vector_length = 256, COUNT;
    }
}
