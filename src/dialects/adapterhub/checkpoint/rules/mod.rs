//! What is wrong with files of weights: AL5xx judge the file, AL6xx hold it against the config beside it, AL81x against the
//! release that it is for. One rule a
//! file; the table gives the permanent codes. What the library does with each flaw is recorded in
//! `fixtures/releases/flawed_checkpoints.json`.

use super::Subject;
use crate::findings::rule_table;

pub(crate) use tensor_misshapen::fits;

rule_table! { &Subject<'_>;
    AL501 lfs_pointer LfsPointer,
    AL502 web_page_as_weights WebPageAsWeights,
    AL503 weights_damaged WeightsDamaged,
    AL504 code_in_weights CodeInWeights,
    AL505 weights_unrecognised WeightsUnrecognised,
    AL506 no_tensors NoTensors,
    AL507 pickle_too_new PickleTooNew,
    AL508 weights_not_finite WeightsNotFinite,
    AL509 weights_disagree WeightsDisagree,
    AL510 weights_without_config WeightsWithoutConfig,
    AL511 safetensors_alone SafetensorsAlone,
    AL512 tied_tensors_disagree TiedTensorsDisagree,
    AL601 tensor_missing TensorMissing,
    AL602 tensor_unexpected TensorUnexpected,
    AL603 tensor_misshapen TensorMisshapen,
    AL604 tensor_of_other_type TensorOfOtherType,
    AL605 tensors_of_another_adapter TensorsOfAnotherAdapter,
    AL606 adapter_untrained AdapterUntrained,
    AL607 shared_parameters_lost SharedParametersLost,
    AL608 direft_or_noreft DireftOrNoreft,
    AL609 prefix_flatness_disagrees PrefixFlatnessDisagrees,
    AL610 base_model_overwritten BaseModelOverwritten,
    AL611 names_wrapped NamesWrapped,
    AL612 directions_vanished DirectionsVanished,
    AL613 nothing_loaded NothingLoaded,
    AL813 weights_unreadable_by_release WeightsUnreadableByRelease,
}
