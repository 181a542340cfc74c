use std::collections::BTreeSet;

use crate::dialects::peft::serving::{READS_PATTERNS, Subject, WITHOUT_BIAS};
use crate::document::{Member, Node, pointer};
use crate::findings::{Report, rule};
use crate::ordered;

rule! {
    /// Something that vLLM passes over, so that it serves another function than PEFT computes.
    ///
    /// ## Why is this bad
    /// Releases before 0.32.0 read few keys of the config, and load the adapter without those that they do not know:
    ///
    /// - every module has the factor of `lora_alpha` and `r`, whatever `rank_pattern` and `alpha_pattern` say;
    /// - where the initialisation took something out of the base weights (`pissa`, `olora`, `corda`, `loftq`), the update is added
    ///   to base weights that still have it;
    /// - aLoRA is on from the first token on, layers that are replicated are not there, and the blocks of BD-LoRA are no matrices.
    ///
    /// Up to 0.11.0 the bias of LoRA itself is added without the factor.
    ///
    /// ## Example
    /// ```json
    /// {"peft_type": "LORA", "r": 8, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj"], "alpha_pattern": {"v_proj": 32}}
    /// ```
    ///
    /// for `vllm@0.11.0`.
    ///
    /// ## Fix safety
    /// There is no fix. vLLM 0.32.0 and newer read the patterns. An adapter whose initialisation changed the base weights can be
    /// saved as one of the unchanged ones (`path_initial_model_for_weight_conversion` in PEFT).
    ComputedOtherwiseByVllm, Error
}

/// Initialisations that leave the base weights of a saved adapter as they are.
const LEAVE_BASE: [&str; 5] = ["gaussian", "eva", "orthogonal", "mica", "lora_ga"];

/// Keys that are passed over, and what becomes of the adapter.
const PASSED_OVER: [(&str, &str); 3] = [
    ("alora_invocation_tokens", "it is on from the first token on"),
    ("layer_replication", "it serves the model without the copies of its layers"),
    ("use_bdlora", "it takes the blocks for whole matrices"),
];

impl ComputedOtherwiseByVllm {
    pub(super) fn check(subject: &Subject<'_>, report: &mut Report) {
        let release = subject.release;
        if !subject.is_lora() || release >= READS_PATTERNS {
            return;
        }
        for (member, own) in other_scales(subject) {
            let place = pointer::push(&pointer::push("", &member.key), &own.key);
            let (pattern, module) = (&member.key, &own.key);
            let message = format!("{release} does not read `{pattern}`: it computes `{module}` with another factor");
            report.add(Self::INFO, place, own.node.span, message).help("vLLM reads it from 0.32.0 on");
        }
        let known = PASSED_OVER.iter().filter_map(|(key, what)| Some((subject.set(key)?, *what)));
        let base = changes_base(subject).map(|member| (member, "it adds the update to the base weights as they were"));
        let bias = subject
            .set("lora_bias")
            .filter(|_| release < WITHOUT_BIAS && subject.scale(None, None).to_bits() != 1.0_f64.to_bits());
        let bias = bias.map(|member| (member, "it adds the bias without the factor of the update"));
        for (member, what) in known.chain(base).chain(bias) {
            let message = format!("{release} does not read `{}`: {what}", member.key);
            report
                .add(Self::INFO, pointer::push("", &member.key), member.node.span, message)
                .help("merge the adapter into the base model (`adapter-lint merge`)");
        }
    }
}

/// The initialisation, if it took something out of the base weights.
pub(super) fn changes_base<'a>(subject: &Subject<'a>) -> Option<&'a Member> {
    let member = subject.root.member("init_lora_weights")?;
    let name = member.node.as_str()?.to_lowercase();
    (!LEAVE_BASE.contains(&name.as_str())).then_some(member)
}

/// The patterns whose modules have another factor than the config's, and where they are written.
fn other_scales<'a>(subject: &Subject<'a>) -> Vec<(&'a Member, &'a Member)> {
    let plain = subject.scale(None, None);
    let patterns = ["rank_pattern", "alpha_pattern"].map(|key| subject.root.member(key));
    let numbers = patterns.map(|pattern| {
        let members = pattern.map(|pattern| pattern.node.members()).unwrap_or_default();
        ordered::map(members.iter().filter_map(|own| Some((own.key.as_str(), own.node.to_value().as_f64()?))))
    });
    let targets = Targeted::of(subject.root);
    let mut told = BTreeSet::new();
    let mut found = Vec::new();
    for member in patterns.into_iter().flatten() {
        for own in member.node.members().iter().filter(|own| targets.may_be(&own.key)) {
            let [rank, alpha] = [0, 1].map(|at: usize| numbers[at].get(own.key.as_str()).copied());
            if subject.scale(rank, alpha).to_bits() != plain.to_bits() && told.insert(own.key.as_str()) {
                found.push((member, own));
            }
        }
    }
    found
}

/// The last parts of the names in `target_modules`; none where a pattern may mean any module.
struct Targeted<'a>(BTreeSet<&'a str>);

impl<'a> Targeted<'a> {
    fn of(root: &'a Node) -> Self {
        let listed = root.get("target_modules").map(Node::items).unwrap_or_default();
        Self(listed.iter().filter_map(Node::as_str).map(last).collect())
    }

    /// Whether a pattern can mean one of them: not if it is a plain name that ends as none of them does.
    fn may_be(&self, pattern: &str) -> bool {
        let is_plain = pattern.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        self.0.is_empty() || !is_plain || self.0.contains(last(pattern))
    }
}

fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}
