//! What PEFT refuses, ignores, or computes otherwise than a config says, as far as the config alone shows it. One rule a
//! file; the table gives the permanent codes: AL2xx judge one key, AL3xx keys together.

use super::Subject;
use crate::findings::{RuleInfo, rule_table};

/// The rules that tell of what older releases do not: the table of their checks names them.
pub(super) use self::{
    adalora_schedule_unusable::AdaloraScheduleUnusable, key_unknown_to_peft::KeyUnknownToPeft,
    layers_pattern_without_layers::LayersPatternWithoutLayers, lora_init_unusable::LoraInitUnusable,
    oft_of_old_release::OftOfOldRelease, peft_key_missing::PeftKeyMissing, peft_sizes_contradict::PeftSizesContradict,
    peft_value_not_allowed::PeftValueNotAllowed, peft_value_of_wrong_type::PeftValueOfWrongType,
    peft_value_out_of_range::PeftValueOutOfRange, prompt_text_setup_unusable::PromptTextSetupUnusable,
    unknown_peft_type::UnknownPeftType,
};

/// The rules whose errors say that PEFT does not make an adapter of the config, be it trained or not.
pub(crate) const REFUSED: &[&RuleInfo] = &[
    UnknownPeftType::INFO,
    PeftValueOfWrongType::INFO,
    PeftValueOutOfRange::INFO,
    PeftValueNotAllowed::INFO,
    broken_module_pattern::BrokenModulePattern::INFO,
    oft_of_old_release::OftOfOldRelease::INFO,
    targets_misspelt::TargetsMisspelt::INFO,
    LayersPatternWithoutLayers::INFO,
    layers_beside_target_pattern::LayersBesideTargetPattern::INFO,
    lora_variants_combined::LoraVariantsCombined::INFO,
    LoraInitUnusable::INFO,
    AdaloraScheduleUnusable::INFO,
    PeftKeyMissing::INFO,
    PeftSizesContradict::INFO,
    PromptTextSetupUnusable::INFO,
];

/// The rules whose errors say that an adapter is another function each time.
#[cfg(feature = "oracle")]
pub(crate) const UNREPEATABLE: &[&RuleInfo] = &[output_not_repeatable::OutputNotRepeatable::INFO];

/// What people write for `all-linear` and lists of names.
pub(super) use self::targets_misspelt::{Slip, is_pattern};

rule_table! { &Subject<'_>;
    AL275 unknown_peft_type UnknownPeftType,
    AL276 missing_peft_type MissingPeftType,
    AL277 key_unknown_to_peft KeyUnknownToPeft,
    AL278 peft_value_of_wrong_type PeftValueOfWrongType,
    AL279 peft_value_out_of_range PeftValueOutOfRange,
    AL280 peft_value_not_allowed PeftValueNotAllowed,
    AL281 broken_module_pattern BrokenModulePattern,
    AL282 loose_peft_value LoosePeftValue,
    AL283 runtime_config_in_file RuntimeConfigInFile,
    AL284 oft_of_old_release OftOfOldRelease,
    AL285 output_not_repeatable OutputNotRepeatable,
    AL286 targets_misspelt TargetsMisspelt,
    AL380 layers_pattern_without_layers LayersPatternWithoutLayers,
    AL381 layers_beside_target_pattern LayersBesideTargetPattern,
    AL382 lora_variants_combined LoraVariantsCombined,
    AL383 lora_init_unusable LoraInitUnusable,
    AL384 adalora_schedule_unusable AdaloraScheduleUnusable,
    AL385 peft_key_missing PeftKeyMissing,
    AL386 peft_sizes_contradict PeftSizesContradict,
    AL387 peft_key_without_effect PeftKeyWithoutEffect,
    AL388 prompt_text_setup_unusable PromptTextSetupUnusable,
    AL389 adalora_frozen AdaloraFrozen,
    AL390 labels_left_short LabelsLeftShort,
    AL391 classifier_saved_in_part ClassifierSavedInPart,
    AL392 target_saved_in_full TargetSavedInFull,
    AL758 base_model_not_shared BaseModelNotShared,
    AL759 base_model_quantized BaseModelQuantized,
}
