//! Rules about the files beside an adapter's config.

use crate::dialects::adapterhub::Subject;
use crate::lint::rule_table;

rule_table! { &Subject<'_>;
}
