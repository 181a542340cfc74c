use crate::dialects::peft::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A base model that others cannot find.
    ///
    /// ## Why is this bad
    /// `base_model_name_or_path` is what `AutoPeftModel` and every runtime load first. PEFT writes there what the model
    /// was loaded from: a path of the machine that trained it is found nowhere else.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "base_model_name_or_path": "/data/models/llama-7b"}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: only the author knows the name on the hub.
    BaseModelNotShared, Note
}

impl BaseModelNotShared {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(member) = subject.root.member("base_model_name_or_path") else { return };
        let Some(name) = member.node.as_str() else { return };
        let is_path = name.starts_with(['/', '.', '~', '\\'])
            || name.contains('\\')
            || name.get(1..3).is_some_and(|drive| drive == ":/")
            || name.trim_end_matches('/').matches('/').count() > 1;
        if is_path {
            report
                .add(
                    Self::INFO,
                    "/base_model_name_or_path",
                    member.node.span,
                    "the base model is a path of the machine that wrote the file, which is found nowhere else",
                )
                .help("write the name of the base model on the hub");
        }
    }
}
