use crate::dialects::peft::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A base model whose name says that its weights are quantised.
    ///
    /// ## Why is this bad
    /// It is not, but it has consequences. The adapter was trained on rounded weights, so its outputs differ slightly
    /// with the original model. PEFT refuses to merge LoRA and OFT into GPTQ weights (`ValueError`), cannot merge into
    /// AWQ weights, and rounds what it merges into bitsandbytes weights. Runtimes that want the unquantised model have
    /// to be told its name.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "base_model_name_or_path": "unsloth/llama-3-8b-bnb-4bit"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: which model to serve is for the author to say.
    BaseModelQuantized, Note
}

/// What stands in the names of models with quantised weights, and what merging is with them.
const KINDS: [(&str, &str); 3] = [
    ("gptq", "PEFT refuses to merge into GPTQ weights"),
    ("awq", "PEFT cannot merge into AWQ weights"),
    ("bnb", "what PEFT merges into bitsandbytes weights is rounded again"),
];

impl BaseModelQuantized {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(member) = subject.root.member("base_model_name_or_path") else { return };
        let name = member.node.as_str().unwrap_or_default().to_lowercase();
        let model = name.trim_end_matches('/').rsplit(['/', '\\']).next().unwrap_or_default();
        let mut parts = model.split(|letter: char| !letter.is_ascii_alphanumeric());
        let Some((_, merging)) = parts.find_map(|part| KINDS.iter().find(|(kind, _)| *kind == part)) else { return };
        let message = format!("judging by its name, the base model is quantised: {merging}");
        report
            .add(Self::INFO, "/base_model_name_or_path", member.node.span, message)
            .help("outputs differ slightly from those with the original model");
    }
}
