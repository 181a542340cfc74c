//! What the AdapterHub libraries refuse, ignore, or compute otherwise than a config says. One rule a file; the table
//! gives the permanent codes: AL2xx judge one key, AL3xx keys together, AL4xx the config against the base model.

use super::Subject;
use crate::lint::rule_table;

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
    AL210 lost_on_save LostOnSave,
    AL211 nested_invertible_adapter NestedInvertibleAdapter,
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
    AL401 layer_out_of_range LayerOutOfRange,
    AL402 reduction_map_incomplete ReductionMapIncomplete,
    AL403 method_unsupported MethodUnsupported,
    AL404 width_not_divisible WidthNotDivisible,
    AL405 merged_attention_unsupported MergedAttentionUnsupported,
    AL406 vera_shapes_differ VeraShapesDiffer,
    AL407 every_layer_left_out EveryLayerLeftOut,
    AL408 layer_norm_missing LayerNormMissing,
    AL409 hook_unsupported HookUnsupported,
}
