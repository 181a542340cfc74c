//! What PEFT refuses, ignores, or computes otherwise than a config says, on the base model that the caller named. One
//! rule a file; the table gives the permanent codes.

mod subject;

use super::Subject;
use crate::findings::{Finding, Report, RuleInfo, Severity, rule_table};
use crate::models::Model;
use crate::value::Value;

pub(super) use subject::OnModel;

/// Judges a config on a model. Nothing says whether the model was loaded as the class for the task or as the class that its
/// config names: where it runs as the second, what fails as the first is no error.
pub(super) fn check(subject: &Subject<'_>, model: &Model, report: &mut Report) {
    // What PEFT makes of a method that it does not know is told without the model.
    if subject.method.is_none() {
        return;
    }
    let Some(on_model) = OnModel::new(subject, model) else { return check_type(subject, model, report) };
    let count = report.findings().len();
    check_all(&on_model, report);
    let mut errors: Vec<_> = report.after(count).iter_mut().filter(|finding| is_error(finding)).collect();
    if errors.is_empty() {
        return check_named(on_model, report);
    }
    if !runs_as_named(subject, model) {
        return;
    }
    let task = subject.root.member("task_type").map(|member| member.node.span);
    let (class, named) = (on_model.trees.first().map_or("", |tree| tree.class), on_model.class.unwrap_or_default());
    for finding in &mut errors {
        finding.severity = Severity::Warning;
        if let Some(task) = task {
            finding.also(
                task,
                format!("for this task the model is a {class}; as the {named} that its config names, it runs"),
            );
        }
    }
}

/// Where the class is left to the user and some classes take the config: what fails as the one that the model's config names.
fn check_named(on_model: OnModel<'_>, report: &mut Report) {
    let Some(named) = on_model.unfit_as_named() else { return };
    let class = named.class.as_deref().unwrap_or_default();
    let mut found = Report::default();
    check_all(&named, &mut found);
    found.retain(is_error);
    for finding in found.after(0) {
        finding.severity = Severity::Warning;
        finding.message.push_str(&format!(" (with the class {class}, which the model's config names)"));
    }
    report.take(found);
}

fn is_error(finding: &Finding) -> bool {
    finding.severity == Severity::Error
}

/// Whether the model takes the config as the class that its own config names, where that is another than the one for the task.
fn runs_as_named(subject: &Subject<'_>, model: &Model) -> bool {
    let Some(named) = OnModel::as_named(subject, model) else { return false };
    let class = named.class.as_deref().unwrap_or_default();
    // PEFT hands on labels or the two ends of an answer, be they there or not.
    let takes_labels = match subject.value("task_type").as_ref().and_then(Value::as_str) {
        Some("QUESTION_ANS") => class.ends_with("ForQuestionAnswering"),
        Some("SEQ_CLS" | "TOKEN_CLS") => !generation_unsupported::is_bare(class),
        _ => true,
    };
    let mut found = Report::default();
    check_all(&named, &mut found);
    let cannot_generate = generation_unsupported::GenerationUnsupported::INFO.code;
    takes_labels && !found.findings().iter().any(|finding| is_error(finding) || finding.rule.code == cannot_generate)
}

/// What the type of a model alone shows, where its modules are not known here.
fn check_type(subject: &Subject<'_>, model: &Model, report: &mut Report) {
    let Some(config) = &model.config else { return };
    let kind = config.get("model_type").and_then(Value::as_str);
    let Some(kind) = kind.filter(|_| subject.trees().is_empty()) else { return };
    target_kind_unsupported::TargetKindUnsupported::check_type(subject, kind, report);
    targets_unknown_for_model::TargetsUnknownForModel::check_type(subject, kind, report);
    model_type_unsupported::ModelTypeUnsupported::check_type(subject, kind, report);
}

/// The rules that tell of what older releases do not: the table of their checks names them.
pub(super) use self::{
    module_size_unfit::ModuleSizeUnfit, module_to_save_unusable::ModuleToSaveUnusable,
    no_module_adapted::NoModuleAdapted, target_kind_unsupported::TargetKindUnsupported,
    targets_unknown_for_model::TargetsUnknownForModel,
};

/// The rules whose errors say that PEFT makes no adapter of the config on the base model, or none that can be run.
pub(crate) const REFUSED: &[&RuleInfo] = &[
    NoModuleAdapted::INFO,
    TargetKindUnsupported::INFO,
    ModuleSizeUnfit::INFO,
    TargetsUnknownForModel::INFO,
    model_type_unsupported::ModelTypeUnsupported::INFO,
    ModuleToSaveUnusable::INFO,
];

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
    AL474 cache_left_on CacheLeftOn,
    AL475 oft_size_replaced OftSizeReplaced,
    AL476 other_base_model_named OtherBaseModelNamed,
}
