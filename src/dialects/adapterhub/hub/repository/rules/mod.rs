//! Rules about the cards of a whole Hub repository. Each looks at one card among all.

use super::InRepository;
use crate::findings::rule_table;

rule_table! { &InRepository<'_>;
    AL731 architecture_without_card ArchitectureWithoutCard,
    AL732 misnamed_architecture_file MisnamedArchitectureFile,
    AL733 repeated_architecture_name RepeatedArchitectureName,
    AL734 repeated_architecture_config RepeatedArchitectureConfig,
    AL735 task_without_card TaskWithoutCard,
    AL736 subtask_without_card SubtaskWithoutCard,
    AL737 repeated_task_card RepeatedTaskCard,
    AL738 misnamed_task_file MisnamedTaskFile,
    AL739 repeated_adapter_entry RepeatedAdapterEntry,
    AL740 adapter_file_out_of_place AdapterFileOutOfPlace,
    AL741 colliding_card_files CollidingCardFiles,
    AL742 dependency_without_card DependencyWithoutCard,
    AL743 task_name_in_both_types TaskNameInBothTypes,
    AL744 adapter_type_without_card AdapterTypeWithoutCard,
    AL745 stray_file_among_cards StrayFileAmongCards,
}

/// A name in quotes, for `no` is false in YAML.
fn quoted(name: &str) -> String {
    format!("'{}'", name.replace('\'', "''"))
}
