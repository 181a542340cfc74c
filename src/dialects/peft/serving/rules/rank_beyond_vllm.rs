use crate::dialects::peft::serving::{READS_PATTERNS, Subject};
use crate::document::{Member, pointer};
use crate::findings::{Report, Severity, rule};

rule! {
    /// A rank that vLLM does not take by default, or not at all.
    ///
    /// ## Why is this bad
    /// vLLM is started with a largest rank, `--max-lora-rank`, which is 16 unless another is named, and refuses adapters of a
    /// larger one when they are loaded, with a `ValueError`. From 0.32.0 on the ranks in `rank_pattern` count as well. It is
    /// an error if no setting is large enough: above 512, or above 256 before 0.8.0.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 64, "lora_alpha": 16, "target_modules": ["q_proj"]}
    /// ```
    ///
    /// for `vllm@0.33.0`.
    ///
    /// ## Fix safety
    /// There is no fix: the tensors have this rank. Start vLLM with the setting that the finding names.
    RankBeyondVllm, Warning
}

/// The largest rank unless another is named.
const BY_DEFAULT: u64 = 16;

impl RankBeyondVllm {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        if !subject.is_lora() {
            return;
        }
        let Subject { root, release, .. } = subject;
        let of = |member: &Member, at: String| Some((member.node.to_value().as_u64()?, member.node.span, at));
        let own = root.member("r").and_then(|member| of(member, "/r".to_owned()));
        let pattern = root.get("rank_pattern").filter(|_| *release >= READS_PATTERNS);
        let others = pattern.into_iter().flat_map(|pattern| pattern.members());
        let others = others.filter_map(|member| of(member, pointer::push("/rank_pattern", &member.key)));
        let Some((rank, span, at)) = own.into_iter().chain(others).max_by_key(|(rank, ..)| *rank) else { return };
        if rank <= BY_DEFAULT {
            return;
        }
        let ranks = release.ranks();
        match ranks.iter().find(|largest| **largest >= rank) {
            Some(largest) => {
                let message = format!("{release} refuses the rank {rank} unless it is started for it");
                report.add(Self::INFO, at, span, message).help(format!("start it with `--max-lora-rank {largest}`"));
            }
            None => {
                let largest = ranks.last().copied().unwrap_or_default();
                let message = format!("{release} refuses the rank {rank}: it takes {largest} at most");
                let finding = report.add(Self::INFO, at, span, message);
                finding.help("merge it into the base model (`adapter-lint merge`)").severity = Severity::Error;
            }
        }
    }
}
