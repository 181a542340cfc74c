//! Whether a config is fit for a release of PEFT: AL85x, judged for the release that `--for` names. One rule a file; the
//! table gives the permanent codes.

use super::Subject;
use crate::findings::rule_table;

rule_table! { &Subject<'_>;
    AL850 key_refused_by_peft_release KeyRefusedByPeftRelease,
    AL851 key_dropped_by_peft_release KeyDroppedByPeftRelease,
    AL852 idle_key_dropped_by_peft_release IdleKeyDroppedByPeftRelease,
    AL853 method_unknown_to_peft_release MethodUnknownToPeftRelease,
    AL854 default_changed_since_peft_release DefaultChangedSincePeftRelease,
    AL855 file_unreadable_by_peft_release FileUnreadableByPeftRelease,
    AL856 value_newer_than_peft_release ValueNewerThanPeftRelease,
    AL857 meaning_changed_since_peft_release MeaningChangedSincePeftRelease,
    AL858 written_by_newer_peft WrittenByNewerPeft,
    AL859 targets_newer_than_peft_release TargetsNewerThanPeftRelease,
    AL860 layers_unlike_for_peft_release LayersUnlikeForPeftRelease,
    AL861 model_newer_than_peft_release ModelNewerThanPeftRelease,
    AL862 layers_found_otherwise_by_peft_release LayersFoundOtherwiseByPeftRelease,
    AL863 kind_newer_than_peft_release KindNewerThanPeftRelease,
}
