//! GLoRA.

use super::key::Type::{Choice, OneOf};
use super::key::{BOOL, COUNT};
use super::method::method;
use super::shared::{ALL_BIASES, LIKE_ONLY, MODULES_TO_SAVE, NO_BIAS, ONLY, TARGET_MODULES};

method! {
    /// GLoRA: weight and bias are both scaled and shifted: `W + W ⊙ A + B` and `b + b ⊙ D + E + W · C`.
    METHOD, Glora, "peft-glora", "GLoRA", "GloraConfig",
    "Chavan et al., 2023, arXiv:2306.07967",
    r#"{"peft_type": "GLORA", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"]}"#,
    [TARGET_MODULES, MODULES_TO_SAVE],
    {
        /// Which biases of the base model are trained and saved with the adapter.
        bias = "none", OneOf(&[Choice(&[NO_BIAS, ALL_BIASES, ("glora_only", ONLY)]), LIKE_ONLY]);
        /// The shape of A and B.
        config_A_B = "lora", Choice(&[("lora", "Matrices of rank `r`."), ("vector", "A factor for each output."), ("constant", "One number."), ("none", "Left out.")]);
        /// The shape of C.
        config_C = "lora", Choice(&[("lora", "A vector by way of rank `r`."), ("vector", "A vector."), ("none", "Left out.")]);
        /// The shape of D and E.
        config_D_E = "constant", Choice(&[("vector", "A number for each output."), ("constant", "One number."), ("none", "Left out.")]);
        /// Whether the adapter starts without effect.
        init_weights = true, BOOL;
        /// The rank of what is `lora`.
        r = 8, COUNT;
    }
}
