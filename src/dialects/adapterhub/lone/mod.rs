//! A config of AdapterHub in a folder without the weights that belong to it.

use super::Role;
use crate::dialects::beside::Beside;
use crate::findings::rule_table;

rule_table! { (Role, &Beside<'_>);
    AL513 adapter_config_without_weights AdapterConfigWithoutWeights,
}
