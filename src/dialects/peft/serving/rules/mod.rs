//! What vLLM makes of a config of PEFT: AL870 to AL873, judged for the release that `--for` names. One rule a file; the table
//! gives the permanent codes.

use super::Subject;
use crate::findings::rule_table;

rule_table! { &Subject<'_>;
    AL870 refused_by_vllm RefusedByVllm,
    AL871 rank_beyond_vllm RankBeyondVllm,
    AL872 computed_otherwise_by_vllm ComputedOtherwiseByVllm,
    AL873 unreadable_to_vllm UnreadableToVllm,
}
