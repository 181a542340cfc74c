use serde_json::Value as Json;

use super::lora::{OneOrMore, zero};
use super::{Number, TaskType, config};
use crate::dialects::peft::RELEASE;
use crate::dialects::peft::targets::Written;

config! {
    /// VeRA: `diag(b) · B · diag(d) · A` is added to the weight of a module. A and B are random and shared by all
    /// modules, `b` and `d` are trained.
    VeraConfig VeraTag "VERA" {
        /// Names of the classes, where the base model is not one of the library's. None by default.
        auto_mapping: Option<Json> = None,
        /// The base model: a name on the Hugging Face hub, or a path. None by default.
        base_model_name_or_path: Option<String> = None,
        /// Which biases were trained with the adapter: `none` (the default), `all`, or `vera_only`.
        bias: String = "none".to_owned(),
        /// The value with which `d` begins. 0.1 by default.
        d_initial: Number = Number::from_f64(0.1).unwrap_or_else(zero),
        /// Whether the weights of the adapted modules are `[inputs, outputs]`, as in GPT-2's `Conv1D`. False by default;
        /// PEFT corrects it where it is wrong.
        fan_in_fan_out: bool = false,
        /// Whether the adapter is for use, not for training. Saved files have true.
        inference_mode: bool = false,
        /// Whether `b` begins as zeros and `d` as `d_initial`. True by default.
        init_weights: bool = true,
        /// The name before the number of a layer, for `layers_to_transform`. None by default: any name.
        layers_pattern: Option<OneOrMore<String>> = None,
        /// The numbers of the layers that are adapted. None by default: all.
        layers_to_transform: Option<OneOrMore<i64>> = None,
        /// Modules that are trained and saved as a whole, such as a classifier. None by default.
        modules_to_save: Option<Vec<String>> = None,
        /// The method.
        peft_type: VeraTag = VeraTag::Method,
        /// The release that wrote the file. None in files of older releases.
        peft_version: Option<String> = Some(RELEASE.to_owned()),
        /// The seed of A and B. 0 by default.
        projection_prng_key: i64 = 0,
        /// The rank: the inner size of A and B. 256 by default.
        r: i64 = 256,
        /// The revision of the base model. None by default.
        revision: Option<String> = None,
        /// Whether A and B are saved. True by default; without them the random numbers of the machine decide.
        save_projection: bool = true,
        /// The modules that are adapted: a list of names or ends of names, or a regular expression for whole names.
        /// None by default: what PEFT has for the type of the model.
        target_modules: Option<Written> = None,
        /// What the base model is for. None by default.
        task_type: Option<TaskType> = None,
        /// The dropout before A; only in training. 0 by default.
        vera_dropout: Number = zero(),
    }
}
