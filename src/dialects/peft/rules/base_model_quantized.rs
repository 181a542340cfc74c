use crate::dialects::peft::Subject;
use crate::findings::{Report, rule};

rule! {
    /// A base model whose weights are quantised, by its name.
    ///
    /// ## Why is this bad
    /// It is not, but something follows. The adapter was trained on rounded weights, so that with the model that they were made
    /// from the outputs are a little other. PEFT refuses to merge LoRA and OFT into weights of GPTQ (`ValueError`), cannot merge
    /// into those of AWQ, and rounds what it merges into those of bitsandbytes. Runtimes that want the plain model have to be
    /// told its name.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "target_modules": ["q_proj"], "base_model_name_or_path": "unsloth/llama-3-8b-bnb-4bit"}
    /// ```
    ///
    /// ## Fix safety
    /// There is none: which model is to be served is for the author to say.
    BaseModelQuantized, Note
}

/// What stands in the names of models with quantised weights, and what merging is with them.
const KINDS: [(&str, &str); 3] = [
    ("gptq", "PEFT refuses to merge into weights of GPTQ"),
    ("awq", "PEFT cannot merge into weights of AWQ"),
    ("bnb", "what PEFT merges into weights of bitsandbytes is rounded again"),
];

impl BaseModelQuantized {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(member) = subject.root.member("base_model_name_or_path") else { return };
        let name = member.node.as_str().unwrap_or_default().to_lowercase();
        let model = name.trim_end_matches('/').rsplit(['/', '\\']).next().unwrap_or_default();
        let mut parts = model.split(|letter: char| !letter.is_ascii_alphanumeric());
        let Some((_, merging)) = parts.find_map(|part| KINDS.iter().find(|(kind, _)| *kind == part)) else { return };
        let message = format!("the base model is quantised, by its name: {merging}");
        report
            .add(Self::INFO, "/base_model_name_or_path", member.node.span, message)
            .help("with the model that it was made from the outputs are a little other");
    }
}
