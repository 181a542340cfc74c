use serde_json::Value as Json;

use super::{TaskType, config};
use crate::dialects::peft::RELEASE;
use crate::dialects::peft::targets::Written;

config! {
    /// (IA)³: the outputs of a module are multiplied by trained factors, or, in a feed-forward module, its inputs.
    Ia3Config Ia3Tag "IA3" {
        /// Names of the classes, where the base model is not one of the library's. None by default.
        auto_mapping: Option<Json> = None,
        /// The base model: a name on the Hugging Face hub, or a path. None by default.
        base_model_name_or_path: Option<String> = None,
        /// Modules that are not adapted whatever `target_modules` says.
        exclude_modules: Option<Written> = None,
        /// Whether the weights of the adapted modules are `[inputs, outputs]`, as in GPT-2's `Conv1D`. False by default;
        /// PEFT corrects it where it is wrong.
        fan_in_fan_out: bool = false,
        /// The modules whose inputs are multiplied instead of their outputs; they have to be in `target_modules`. The end
        /// of a name is enough, with or without a dot before it. None by default: what PEFT has for the type of the
        /// model; an empty list means none.
        feedforward_modules: Option<Written> = None,
        /// Whether the adapter is for use, not for training. Saved files have true.
        inference_mode: bool = false,
        /// Whether the factors begin as ones. True by default.
        init_ia3_weights: bool = true,
        /// Modules that are trained and saved as a whole, such as a classifier. None by default.
        modules_to_save: Option<Vec<String>> = None,
        /// The method.
        peft_type: Ia3Tag = Ia3Tag::Method,
        /// The release that wrote the file. None in files of older releases.
        peft_version: Option<String> = Some(RELEASE.to_owned()),
        /// The revision of the base model. None by default.
        revision: Option<String> = None,
        /// The modules that are adapted: a list of names or ends of names, or a regular expression for whole names.
        /// None by default: what PEFT has for the type of the model.
        target_modules: Option<Written> = None,
        /// What the base model is for. None by default.
        task_type: Option<TaskType> = None,
    }
}
