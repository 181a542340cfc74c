//! What the AdapterHub libraries refuse, ignore, or compute otherwise than a config says. One rule a file; the table
//! gives the permanent codes: AL2xx judge one key, AL3xx keys together, AL4xx the config against the base model.

use super::Subject;
use crate::findings::{RuleInfo, rule_table};

/// The rules that do not hold for older releases, or for configs that are a text: tables name them.
pub(super) use self::{
    activation_renamed::ActivationRenamed, alpha_overwritten::AlphaOverwritten, attribute_shadowed::AttributeShadowed,
    class_attribute_ignored::ClassAttributeIgnored, key_without_effect::KeyWithoutEffect, missing_key::MissingKey,
    prefix_masked_by_default::PrefixMaskedByDefault, residual_never_defined::ResidualNeverDefined,
    unknown_architecture::UnknownArchitecture, unknown_key::UnknownKey, version_malformed::VersionMalformed,
};

/// The rules whose errors say that the library does not make an adapter of the config. What older releases took, and what is mended
/// on the way to a newer one, is none of it.
pub(crate) const REFUSED: &[&RuleInfo] = &[
    wrong_type::WrongType::INFO,
    value_not_allowed::ValueNotAllowed::INFO,
    value_out_of_range::ValueOutOfRange::INFO,
    compacter_init_unusable::CompacterInitUnusable::INFO,
    vera_half_given::VeraHalfGiven::INFO,
    mtl_lora_unusable::MtlLoraUnusable::INFO,
    shared_compacter_weights_unusable::SharedCompacterWeightsUnusable::INFO,
    invertible_factor_missing::InvertibleFactorMissing::INFO,
];

rule_table! { &Subject<'_>;
    AL200 config_not_an_object ConfigNotAnObject,
    AL201 unknown_key UnknownKey,
    AL202 missing_key MissingKey,
    AL203 wrong_type WrongType,
    AL204 loose_value LooseValue,
    AL205 value_not_allowed ValueNotAllowed,
    AL206 value_out_of_range ValueOutOfRange,
    AL207 activation_in_capitals ActivationInCapitals,
    AL208 unknown_architecture UnknownArchitecture,
    AL209 attribute_shadowed AttributeShadowed,
    AL210 class_attribute_ignored ClassAttributeIgnored,
    AL211 nested_invertible_adapter NestedInvertibleAdapter,
    AL212 architecture_contradicts_keys ArchitectureContradictsKeys,
    AL213 deprecated_key DeprecatedKey,
    AL214 torchvision_needed TorchvisionNeeded,
    AL301 key_without_effect KeyWithoutEffect,
    AL302 residual_never_defined ResidualNeverDefined,
    AL303 nothing_adapted NothingAdapted,
    AL304 union_members_conflict UnionMembersConflict,
    AL305 union_malformed UnionMalformed,
    AL306 scale_mode_misused ScaleModeMisused,
    AL307 compacter_init_unusable CompacterInitUnusable,
    AL308 glow_unusable GlowUnusable,
    AL309 vera_half_given VeraHalfGiven,
    AL310 mtl_lora_unusable MtlLoraUnusable,
    AL311 dtype_mismatch DtypeMismatch,
    AL312 shared_compacter_weights_unusable SharedCompacterWeightsUnusable,
    AL313 prompt_text_unusable PromptTextUnusable,
    AL314 invertible_factor_missing InvertibleFactorMissing,
    AL315 shared_parameters_collide SharedParametersCollide,
    AL401 layer_out_of_range LayerOutOfRange,
    AL402 reduction_map_incomplete ReductionMapIncomplete,
    AL403 method_unsupported MethodUnsupported,
    AL404 width_not_divisible WidthNotDivisible,
    AL405 merged_attention_unsupported MergedAttentionUnsupported,
    AL406 vera_shapes_differ VeraShapesDiffer,
    AL407 every_layer_left_out EveryLayerLeftOut,
    AL408 layer_norm_missing LayerNormMissing,
    AL409 hook_unsupported HookUnsupported,
    AL410 suffix_positions_unsupported SuffixPositionsUnsupported,
    AL411 prefix_masked_by_default PrefixMaskedByDefault,
    AL412 prefix_heads_differ PrefixHeadsDiffer,
    AL751 adapter_name_unusable AdapterNameUnusable,
    AL752 version_malformed VersionMalformed,
    AL753 config_left_to_default ConfigLeftToDefault,
    AL754 alpha_overwritten AlphaOverwritten,
    AL755 activation_renamed ActivationRenamed,
    AL756 other_base_model OtherBaseModel,
    AL757 config_not_wrapped ConfigNotWrapped,
}
