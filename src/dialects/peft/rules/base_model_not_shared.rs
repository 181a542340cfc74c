use crate::dialects::peft::Subject;
use crate::document::Edit;
use crate::findings::{Report, rule};

rule! {
    /// A base model that others cannot find.
    ///
    /// ## Why is this bad
    /// `base_model_name_or_path` is what `AutoPeftModel` and every runtime load first. PEFT writes there whatever the
    /// model was loaded from: a path on the machine that trained it is found nowhere else.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "base_model_name_or_path": "/data/models/llama-7b"}
    /// ```
    ///
    /// ## Fix safety
    /// Only the author knows the model's name on the hub. A path in the hub's cache contains the name, and the fix
    /// suggests it.
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
        if !is_path {
            return;
        }
        let message = "the base model is a path on the machine that wrote the file, which others do not have";
        let finding = report.add(Self::INFO, "/base_model_name_or_path", member.node.span, message);
        match cached(name) {
            Some(name) => {
                finding.help(format!("this is where the hub's cache keeps `{name}`"));
                let edit = Edit::new(member.node.span, serde_json::Value::String(name.clone()).to_string());
                finding.mend(vec![edit], format!("Write `{name}`"), false);
            }
            None => _ = finding.help("write the name of the base model on the hub"),
        }
    }
}

/// The name on the hub of what lies in its cache, as `models--<owner>--<name>/snapshots/<commit>`.
fn cached(path: &str) -> Option<String> {
    let mut parts = path.split(['/', '\\']).skip_while(|part| !part.starts_with("models--"));
    let name = parts.next()?.strip_prefix("models--")?;
    (parts.next() == Some("snapshots") && !name.is_empty()).then(|| name.replacen("--", "/", 1))
}
