//! Rules about `adapter-lint.toml` itself, once all files have been judged.

use super::SettingsFile;
use crate::findings::rule_table;

rule_table! { (&SettingsFile, bool);
    AL001 suppression_unmatched SuppressionUnmatched,
    AL002 paths_unmatched PathsUnmatched,
}
