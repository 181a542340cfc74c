//! Rules about the Hub's info cards.

use crate::dialects::adapterhub::Subject;
use crate::lint::rule_table;

rule_table! { &Subject<'_>;
}
