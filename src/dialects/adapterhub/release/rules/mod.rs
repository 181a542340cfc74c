//! Whether a file is fit for a release of the libraries: AL80x, judged for the release that `--for` names. One rule a
//! file; the table gives the permanent codes. What each release does is recorded in `fixtures/verdicts_releases`.

use super::super::Subject;
use crate::findings::rule_table;

rule_table! { &Subject<'_>;
    AL801 key_newer_than_release KeyNewerThanRelease,
    AL802 key_refused_by_release KeyRefusedByRelease,
    AL803 architecture_unknown_to_release ArchitectureUnknownToRelease,
    AL804 architecture_ignored_by_release ArchitectureIgnoredByRelease,
    AL805 value_newer_than_release ValueNewerThanRelease,
    AL806 key_required_by_release KeyRequiredByRelease,
    AL807 meaning_changed_since_release MeaningChangedSinceRelease,
    AL808 key_newer_than_version KeyNewerThanVersion,
    AL809 file_newer_than_release FileNewerThanRelease,
    AL810 config_unresolved_by_release ConfigUnresolvedByRelease,
    AL811 keys_unusable_in_release KeysUnusableInRelease,
    AL812 shared_weights_not_saved_by_release SharedWeightsNotSavedByRelease,
    AL814 model_type_newer_than_release ModelTypeNewerThanRelease,
}
