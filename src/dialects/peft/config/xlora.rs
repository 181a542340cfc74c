//! X-LoRA.

use super::key::Type::{Map, Nullable};
use super::key::{BOOL, COUNT, FRACTION, NUMBER, TEXT};
use super::method::method;

method! {
    /// X-LoRA: several trained LoRAs, mixed token by token by a classifier of the hidden states. It needs a model that
    /// keeps no cache.
    METHOD, Xlora, "peft-xlora", "X-LoRA", "XLoraConfig",
    "Buehler and Buehler, 2024, arXiv:2402.07148",
    r#"{"peft_type": "XLORA", "task_type": "CAUSAL_LM", "hidden_size": 64, "adapters": {"0": "adapters/0", "1": "adapters/1"}}"#,
    [],
    {
        /// The LoRAs: folders or repositories under the numbers `"0"`, `"1"`, … They must exist.
        adapters = null, Nullable(&Map(&TEXT));
        /// Whether the weights of the LoRAs come from a softmax.
        enable_softmax = true, BOOL;
        /// Whether only the weights of the best LoRAs do, with `top_k_lora`. PEFT advises against it together with `enable_softmax`, and runs.
        enable_softmax_topk = false, BOOL;
        /// A factor on the output of every LoRA.
        global_scaling_weight = 1.0, NUMBER;
        /// The width of the base model. Null: 4096, with a warning.
        hidden_size = null, Nullable(&COUNT);
        /// Whether each layer has weights of its own.
        layerwise_scalings = false, BOOL;
        /// The weight of every LoRA in the first pass, whose states the classifier reads.
        scaling_pass_value = 0.0, NUMBER;
        /// The temperature of the softmax; lower is sharper.
        softmax_temperature = 1.0, NUMBER;
        /// How many LoRAs, the best ones, are used. Null: all.
        top_k_lora = null, Nullable(&COUNT);
        /// Whether the LoRAs are trained, too.
        use_trainable_adapters = false, BOOL;
        /// The number of layers of the classifier.
        xlora_depth = 1, COUNT;
        /// The dropout in the classifier, from two layers on.
        xlora_dropout_p = 0.2, FRACTION;
        /// The width of the classifier, from two layers on.
        xlora_size = 2048, COUNT;
    }
}
