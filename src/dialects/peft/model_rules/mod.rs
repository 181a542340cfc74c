//! What PEFT refuses, ignores, or computes otherwise than a config says, on the base model that the caller named. One
//! rule a file; the table gives the permanent codes.

mod subject;

use super::Subject;
use crate::findings::{Report, rule_table};
use crate::models::{Model, Tree};
use crate::value::Value;

pub(super) use subject::OnModel;

/// What the type of a model alone shows, where its modules are not known here.
pub(super) fn check_type(subject: &Subject<'_>, model: &Model, report: &mut Report) {
    let Some(config) = &model.config else { return };
    let task = subject.root.get("task_type").and_then(crate::document::Node::as_str);
    let kind = config.get("model_type").and_then(Value::as_str);
    let Some(kind) = kind.filter(|_| Tree::candidates(config, task).is_empty()) else { return };
    target_kind_unsupported::TargetKindUnsupported::check_type(subject, kind, report);
    targets_unknown_for_model::TargetsUnknownForModel::check_type(subject, kind, report);
    model_type_unsupported::ModelTypeUnsupported::check_type(subject, kind, report);
}

rule_table! { &OnModel<'_>;
    AL455 no_module_adapted NoModuleAdapted,
    AL456 target_matches_nothing TargetMatchesNothing,
    AL457 target_kind_unsupported TargetKindUnsupported,
    AL458 module_size_unfit ModuleSizeUnfit,
    AL459 targets_unknown_for_model TargetsUnknownForModel,
    AL460 model_type_unsupported ModelTypeUnsupported,
    AL461 exclusion_matches_nothing ExclusionMatchesNothing,
    AL462 layer_beyond_model LayerBeyondModel,
    AL463 pattern_key_matches_nothing PatternKeyMatchesNothing,
    AL464 module_to_save_missing ModuleToSaveMissing,
    AL465 fan_in_fan_out_corrected FanInFanOutCorrected,
    AL466 tied_embedding_adapted TiedEmbeddingAdapted,
    AL467 generation_unsupported GenerationUnsupported,
    AL468 module_to_save_unusable ModuleToSaveUnusable,
    AL469 feedforward_default_untargeted FeedforwardDefaultUntargeted,
    AL470 blocks_without_side BlocksWithoutSide,
    AL471 saved_module_without_weight SavedModuleWithoutWeight,
    AL472 no_layer_changed NoLayerChanged,
    AL473 pattern_order_lost PatternOrderLost,
}
