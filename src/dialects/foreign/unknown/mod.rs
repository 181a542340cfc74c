//! Files that are none of any library's.

use crate::dialects::File;
use crate::findings::rule_table;

rule_table! { File<'_>;
    AL118 unrecognised_file UnrecognisedFile,
    AL119 config_of_nobody ConfigOfNobody,
}

/// Whether an object has the name under which the libraries look for a config, and stumble over it.
fn is_looked_for(file: File<'_>) -> bool {
    file.root.is_map() && file.name.rsplit(['/', '\\']).next() == Some("adapter_config.json")
}
