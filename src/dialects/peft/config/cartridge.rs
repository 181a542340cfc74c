//! Cartridge.

use super::key::NATURAL;
use super::method::method;

method! {
    /// Cartridge: a trained cache of keys and values that is put before the input in every layer, in place of a long
    /// text.
    METHOD, Cartridge, "peft-cartridge", "Cartridge", "CartridgeConfig",
    "peft/tuners/cartridge",
    r#"{"peft_type": "CARTRIDGE", "task_type": "CAUSAL_LM", "num_virtual_tokens": 4}"#,
    [],
    {
        /// How many of the first positions are not trained, to catch attention; at most `num_virtual_tokens`.
        num_frozen_tokens = 1, NATURAL;
    }
}
