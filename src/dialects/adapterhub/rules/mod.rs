//! What the AdapterHub libraries refuse, ignore, or compute otherwise than written.

use super::Subject;
use crate::lint::rule_table;

rule_table! { &Subject<'_>;
    AL201 unknown_key UnknownKey,
}
