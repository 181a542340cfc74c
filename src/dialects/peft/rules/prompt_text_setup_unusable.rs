use crate::dialects::peft::PeftType::{MultitaskPromptTuning, PromptTuning};
use crate::dialects::peft::Subject;
use crate::findings::{Report, rule};
use crate::value::Value;

rule! {
    /// Virtual tokens that start from a text that is not given, or tokenizer settings that nothing uses.
    ///
    /// ## Why is this bad
    /// With `"prompt_tuning_init": "TEXT"`, PEFT reads `prompt_tuning_init_text` with the tokenizer named in
    /// `tokenizer_name_or_path`, and raises a `ValueError` if either is missing. It also does so if `tokenizer_kwargs`
    /// are given but the virtual tokens do not start from a text, and if they are to start from the tokens of other
    /// tasks but no file with those is named.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "PROMPT_TUNING", "task_type": "CAUSAL_LM", "num_virtual_tokens": 8, "prompt_tuning_init": "TEXT"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: only the author knows the text.
    PromptTextSetupUnusable, Error
}

impl PromptTextSetupUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if !subject.is(PromptTuning) && !subject.is(MultitaskPromptTuning) {
            return;
        }
        let named = subject.written("prompt_tuning_init");
        let from_task = ["AVERAGE_SOURCE_TASKS", "EXACT_SOURCE_TASK", "ONLY_SOURCE_SHARED"];
        if let Some(member) = named.filter(|member| member.node.as_str().is_some_and(|name| from_task.contains(&name)))
            && subject.is(MultitaskPromptTuning)
            && subject.set("prompt_tuning_init_state_dict_path").is_none()
        {
            let message = "the virtual tokens start from those of other tasks, but `prompt_tuning_init_state_dict_path` is not set; PEFT raises a `ValueError`";
            report.add(Self::INFO, "/prompt_tuning_init", member.node.span, message);
        }
        let init = named.filter(|member| member.node.as_str() == Some("TEXT"));
        if let Some(member) = init {
            let has_text = subject.value("prompt_tuning_init_text").is_some_and(|text| text != Value::Null);
            let missing = match (subject.set("tokenizer_name_or_path").is_some(), has_text) {
                (false, _) => "`tokenizer_name_or_path`",
                (_, false) => "`prompt_tuning_init_text`",
                _ => return,
            };
            let message =
                format!("the virtual tokens start from a text, but {missing} is not set; PEFT raises a `ValueError`");
            report.add(Self::INFO, "/prompt_tuning_init", member.node.span, message);
        } else if let Some(member) = subject.set("tokenizer_kwargs") {
            let message = "`tokenizer_kwargs` is set, but the virtual tokens do not start from a text; PEFT raises a `ValueError`";
            report.add(Self::INFO, "/tokenizer_kwargs", member.node.span, message);
        }
    }
}
