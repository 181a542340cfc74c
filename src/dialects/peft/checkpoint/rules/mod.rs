//! What is wrong with folders of PEFT: AL55x judge the file, AL65x hold it against the config beside it and the base
//! model. One rule a file; the table gives the permanent codes.

use super::Facts;
use crate::findings::{Report, rule_table};

/// The rules about names that PEFT does not find; other names mend what they tell of.
pub(super) const ABOUT_NAMES: [&str; 2] =
    [peft_names_shifted::PeftNamesShifted::INFO.code, adapter_name_in_peft_names::AdapterNameInPeftNames::INFO.code];

/// The rule that tells of tensors that are not there, perhaps since they have another program's names.
pub(super) const ABOUT_SPELLING: &str = peft_tensor_missing::PeftTensorMissing::INFO.code;

/// Runs the rules whose errors say that PEFT does not load the tensors.
pub(super) fn check_loading(facts: &Facts<'_>, report: &mut Report) {
    lora_halves_disagree::LoraHalvesDisagree::check(facts, report);
    lora_rank_not_of_config::LoraRankNotOfConfig::check(facts, report);
    module_to_save_without_tensors::ModuleToSaveWithoutTensors::check(facts, report);
    peft_tensor_misshapen::PeftTensorMisshapen::check(facts, report);
    peft_tensor_missing::PeftTensorMissing::check_loading(facts, report);
    topk_weights_not_single::TopkWeightsNotSingle::check(facts, report);
}

rule_table! { &Facts<'_>;
    AL550 peft_weights_not_fetched PeftWeightsNotFetched,
    AL551 peft_weights_damaged PeftWeightsDamaged,
    AL552 code_in_peft_weights CodeInPeftWeights,
    AL553 peft_weights_disagree PeftWeightsDisagree,
    AL554 peft_tensors_empty PeftTensorsEmpty,
    AL555 peft_weights_not_finite PeftWeightsNotFinite,
    AL556 peft_types_mixed PeftTypesMixed,
    AL557 peft_weights_without_config PeftWeightsWithoutConfig,
    AL559 peft_weights_of_bytes PeftWeightsOfBytes,
    AL650 peft_names_shifted PeftNamesShifted,
    AL651 adapter_name_in_peft_names AdapterNameInPeftNames,
    AL652 lora_half_missing LoraHalfMissing,
    AL653 lora_halves_disagree LoraHalvesDisagree,
    AL654 lora_rank_not_of_config LoraRankNotOfConfig,
    AL655 target_without_tensors TargetWithoutTensors,
    AL656 tensors_without_target TensorsWithoutTarget,
    AL657 layers_without_tensors LayersWithoutTensors,
    AL658 module_to_save_without_tensors ModuleToSaveWithoutTensors,
    AL659 lora_untrained LoraUntrained,
    AL660 peft_tensor_missing PeftTensorMissing,
    AL661 peft_tensor_unexpected PeftTensorUnexpected,
    AL662 peft_tensor_misshapen PeftTensorMisshapen,
    AL663 modules_without_effect ModulesWithoutEffect,
    AL664 head_of_other_labels HeadOfOtherLabels,
    AL665 topk_weights_not_single TopkWeightsNotSingle,
}
