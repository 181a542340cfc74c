//! RoAd.

use super::key::Type::{Choice, Int};
use super::key::{BOOL, Range};
use super::method::method;
use super::shared::{MODULES_TO_SAVE, TARGET_MODULES};

method! {
    /// RoAd: pairs of outputs are rotated and scaled.
    METHOD, Road, "peft-road", "RoAd", "RoadConfig",
    "Liao and Monz, 2024, arXiv:2409.00119",
    r#"{"peft_type": "ROAD", "task_type": "CAUSAL_LM", "target_modules": ["q_proj", "v_proj"], "group_size": 16}"#,
    [TARGET_MODULES, MODULES_TO_SAVE],
    {
        /// How outputs are paired: the first half of each group with the second. It must be even and divide the
        /// outputs.
        group_size = 64, Int(Range { minimum: Some(2.0), above: false, maximum: None });
        /// Whether the rotation starts as the identity.
        init_weights = true, BOOL;
        /// How much is trained.
        variant = "road_1", Choice(&[("road_1", "An angle and a length for each pair."), ("road_2", "An angle and a length for each output."), ("road_4", "Two angles and two lengths for each output.")]);
    }
}
