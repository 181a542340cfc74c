use crate::dialects::peft::serving::rules::computed_otherwise_by_vllm::changes_base;
use crate::dialects::peft::serving::{READS_HEADS, READS_PATTERNS, Subject, Vllm, WITHOUT_BIAS};
use crate::document::{Member, pointer};
use crate::findings::{Report, Severity, rule};

rule! {
    /// Something that vLLM refuses to serve.
    ///
    /// ## Why is this bad
    /// vLLM raises a `ValueError` when the adapter is loaded. It serves A and B of linear layers and embeddings, and no more:
    ///
    /// - no DoRA (`use_dora`), and no rows of embeddings (`trainable_token_indices`);
    /// - of `modules_to_save` none; from 0.31.0 on the head of a classifier, if it is called `score` or `classifier`;
    /// - no `bias`; up to 0.11.0 some, if it is started with `--enable-lora-bias`, which is a warning here;
    /// - from 0.32.0 on nothing that it did not understand before: `lora_bias`, aLoRA, `layer_replication`, BD-LoRA, QALoRA, and
    ///   initialisations that took something out of the base weights (`pissa`, `olora`, `corda`, `loftq`).
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "lora_alpha": 8, "target_modules": ["q_proj"], "use_dora": true}
    /// ```
    ///
    /// for `vllm@0.33.0`.
    ///
    /// ## Fix safety
    /// There is no fix: without the key it would be another adapter. `adapter-lint merge` puts it into the base model's
    /// weights.
    RefusedByVllm, Error
}

/// Keys of which any value that is true is refused, since when, and what they stand for.
const REFUSED: [(&str, Vllm, &str); 7] = [
    ("use_dora", Vllm::OLDEST, "DoRA"),
    ("kasa_config", Vllm::OLDEST, "KaSA"),
    ("lora_bias", READS_PATTERNS, "a bias of LoRA's own"),
    ("alora_invocation_tokens", READS_PATTERNS, "activated LoRA"),
    ("layer_replication", READS_PATTERNS, "replicated layers"),
    ("use_bdlora", READS_PATTERNS, "BD-LoRA"),
    ("use_qalora", READS_PATTERNS, "QALoRA"),
];

/// The modules that it takes whole.
const HEADS: [&str; 2] = ["classifier", "score"];

impl RefusedByVllm {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if !subject.is_lora() {
            return;
        }
        let release = subject.release;
        for (key, _, what) in REFUSED.iter().filter(|(_, since, _)| release >= *since) {
            if let Some(member) = subject.set(key) {
                Self::add(subject, member, what, report);
            }
        }
        if let Some(member) = subject.root.member("trainable_token_indices").filter(|member| !member.node.is_null()) {
            Self::add(subject, member, "rows of embeddings", report);
        }
        if let Some(member) = subject.set("modules_to_save").filter(|member| saves_more(member, release)) {
            Self::add(subject, member, "modules that are saved in full", report);
        }
        if release >= READS_PATTERNS
            && let Some(member) = changes_base(subject)
        {
            Self::add(subject, member, "an initialisation that changes the base weights", report);
        }
        if let Some(member) = subject.root.member("bias").filter(|member| member.node.as_str() != Some("none")) {
            if release >= WITHOUT_BIAS {
                Self::add(subject, member, "biases", report);
            } else {
                let message = format!("{release} refuses biases unless it is started for them");
                let finding = report.add(Self::INFO, "/bias", member.node.span, message);
                finding.help("start it with `--enable-lora-bias`").severity = Severity::Warning;
            }
        }
    }

    fn add(subject: &Subject<'_>, member: &Member, what: &str, report: &mut Report) {
        let message = format!("{} refuses {what} (`{}`)", subject.release, member.key);
        report
            .add(Self::INFO, pointer::push("", &member.key), member.node.span, message)
            .help("merge the adapter into the base model (`adapter-lint merge`), or train it without");
    }
}

/// Whether more is saved in full than the release takes.
fn saves_more(member: &Member, release: Vllm) -> bool {
    let names = member.node.items();
    release < READS_HEADS || names.iter().any(|name| name.as_str().is_none_or(|name| !HEADS.contains(&name)))
}
