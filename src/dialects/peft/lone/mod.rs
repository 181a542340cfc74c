//! A config of PEFT in a folder without the weights that belong to it.

use crate::dialects::beside::Beside;
use crate::findings::rule_table;

rule_table! { &Beside<'_>;
    AL558 peft_config_without_weights PeftConfigWithoutWeights,
}
