use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::{Report, rule};

rule! {
    /// A prompt is to be initialised from a text, which fails.
    ///
    /// ## Why is this bad
    /// The adapters library looks for the tokenizer's name in the base model's config, where transformers does not put
    /// it, and raises an `AttributeError`. Without `prompt_init_text` it raises a `ValueError`.
    ///
    /// ## Example
    /// ```json
    /// {"architecture": "prompt_tuning", "prompt_init": "from_string", "prompt_init_text": "Summarise:"}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix.
    PromptTextUnusable, Error
}

impl PromptTextUnusable {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let model = subject.model.as_ref();
        // A release that builds no prompt in this model reads nothing of it.
        for config in subject.of(Method::PromptTuning).filter(|config| config.idle("prompt_init", model).is_none()) {
            if config.value("prompt_init").is_some_and(|init| init.as_str() == Some("from_string")) {
                let (pointer, span) = config.place_of("prompt_init");
                report
                    .add(
                        Self::INFO,
                        pointer,
                        span,
                        "a prompt cannot be initialised from a text: the library finds no tokenizer",
                    )
                    .help("use \"random_uniform\", or set `tokenizer_name_or_path` on the model's config first");
            }
        }
    }
}
