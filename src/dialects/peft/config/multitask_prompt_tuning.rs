//! Multitask prompt tuning.

use super::key::Type::{Choice, Map, Nullable};
use super::key::{ANY, COUNT, NATURAL, TEXT};
use super::method::method;

method! {
    /// Multitask prompt tuning: the vectors before the input are shared by all tasks and multiplied by a low-rank
    /// matrix of the task.
    METHOD, MultitaskPromptTuning, "peft-multitask-prompt-tuning", "Multitask prompt tuning", "MultitaskPromptTuningConfig",
    "Wang et al., 2023, arXiv:2303.02861",
    r#"{"peft_type": "MULTITASK_PROMPT_TUNING", "task_type": "CAUSAL_LM", "num_virtual_tokens": 4}"#,
    [],
    {
        /// The rank of a task's matrix.
        num_ranks = 1, COUNT;
        /// The number of tasks.
        num_tasks = 1, COUNT;
        /// How the vectors are initialised. The source tasks come from `prompt_tuning_init_state_dict_path`.
        prompt_tuning_init = "RANDOM", Choice(&[("RANDOM", "Random vectors."), ("TEXT", "Embeddings of a text."), ("AVERAGE_SOURCE_TASKS", "The average of the source tasks."), ("EXACT_SOURCE_TASK", "One source task."), ("ONLY_SOURCE_SHARED", "What the source tasks share.")]);
        /// The file with the prompts of source tasks.
        prompt_tuning_init_state_dict_path = null, Nullable(&TEXT);
        /// The number of the source task, for `EXACT_SOURCE_TASK`.
        prompt_tuning_init_task = 0, Nullable(&NATURAL);
        /// The text from which they are initialised, for `TEXT`.
        prompt_tuning_init_text = null, Nullable(&TEXT);
        /// Arguments for the tokenizer; only for `TEXT`.
        tokenizer_kwargs = null, Nullable(&Map(&ANY));
        /// The tokenizer for the text, for `TEXT`.
        tokenizer_name_or_path = null, Nullable(&TEXT);
    }
}
