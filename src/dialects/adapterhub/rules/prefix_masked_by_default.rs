use crate::dialects::adapterhub::Subject;
use crate::dialects::adapterhub::config::Method;
use crate::findings::{Report, rule};

rule! {
    /// A prefix or prompt in a base model whose default attention masks it wrongly.
    ///
    /// ## Why is this bad
    /// Unless told otherwise, transformers computes attention with `sdpa` in most models. The mask that it prepares for
    /// it is not the one that adapters 1.3.0 extends by the positions of the prefix: where there is no mask, because
    /// nothing is padded, a causal model lets each position see as many keys as it has predecessors, counted from the
    /// start of the prefix; where there is one, the prefix itself is masked. The outputs are then not those of
    /// `attn_implementation="eager"`, nor those of older releases, and they depend on whether other texts of the batch
    /// are padded. In encoders, prompts are affected in padded batches only, as are prefixes in DistilBERT.
    ///
    /// ## Example
    /// In GPT-2:
    /// ```json
    /// {"architecture": "prefix_tuning", "prefix_length": 10}
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix in the file: load the base model with `attn_implementation="eager"`.
    PrefixMaskedByDefault, Warning
}

/// The types of base models in which `sdpa` gives other outputs than `eager`; recorded in
/// `fixtures/releases/attention.json`.
const PREFIXES: &[&str] =
    &["bart", "distilbert", "encoder-decoder", "gpt2", "llama", "mbart", "mistral", "plbart", "whisper"];
const PROMPTS: &[&str] = &["albert", "bert", "roberta", "xlm-roberta"];
/// Those whose texts see all of each other: without padding there is no mask.
const PADDED: &[&str] = &["albert", "bert", "distilbert", "roberta", "xlm-roberta"];

impl PrefixMaskedByDefault {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let Some(model) = &subject.model else { return };
        let kind = model.model_type.as_str();
        for (method, what, kinds) in
            [(Method::PrefixTuning, "prefix", PREFIXES), (Method::PromptTuning, "prompt", PROMPTS)]
        {
            let when = if PADDED.contains(&kind) { " where a batch is padded" } else { "" };
            let configs = subject.of(method).filter(|config| config.adapts_layers(Some(model)));
            for config in configs.filter(|_| kinds.contains(&kind)) {
                let (pointer, span) = config.place_of("architecture");
                let message = format!(
                    "in {kind} models, adapters 1.3.0 masks a {what} wrongly under `sdpa`, the default attention{when}"
                );
                let finding = report.add(Self::INFO, pointer, span, message);
                finding.help("load the base model with `attn_implementation=\"eager\"`, for training and afterwards");
            }
        }
    }
}
