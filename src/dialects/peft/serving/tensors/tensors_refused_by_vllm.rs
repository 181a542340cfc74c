use super::Tensors;
use crate::dialects::peft::checkpoint::told::names;
use crate::dialects::peft::names::BASE;
use crate::dialects::peft::serving::{READS_HEADS, READS_PATTERNS, Vllm, WITHOUT_BIAS};
use crate::findings::{Report, rule};

rule! {
    /// Tensors under names that vLLM does not read, or not for what they are.
    ///
    /// ## Why is this bad
    /// vLLM takes a file only if it can read every name in it: those that end with `lora_A.weight`, `lora_B.weight`,
    /// `lora_embedding_A` or `lora_embedding_B`; from 0.31.0 on the head of a classifier (`score` or `classifier`); and up to
    /// 0.11.0 biases of layers that are adapted. It raises a `ValueError` for any other (`is unsupported LoRA weight`). The full
    /// embeddings that PEFT saves beside an update of them (`embed_tokens.base_layer.weight`) are passed over from 0.12.0 on.
    ///
    /// It drops without a word what has a name that no module has: up to 0.8.4 all that do not begin with `base_model.model.`. And
    /// 0.31.0 takes LoRA's bias for its B.
    ///
    /// ## Example
    /// ```text
    /// base_model.model.lm_head.weight    there, for `vllm@0.33.0`
    /// ```
    ///
    /// ## Fix safety
    /// There is no fix: `adapter-lint merge` puts all that PEFT loads into the base model's weights.
    TensorsRefusedByVllm, Error
}

/// Since when embeddings that are saved beside an update are passed over (`is_base_embedding_weights`).
const SKIPS_EMBEDDINGS: Vllm = Vllm::at(12, 0);

/// Since when names need not begin with `base_model.model.` (`parse_fine_tuned_lora_name`).
const TAKES_PLAIN_NAMES: Vllm = Vllm::at(8, 5);

/// The full embeddings that are passed over.
const EMBEDDINGS: [&str; 2] = [".embed_tokens.base_layer.weight", ".lm_head.base_layer.weight"];

impl TensorsRefusedByVllm {
    pub(super) fn check(tensors: &Tensors<'_>, report: &mut Report) {
        let release = tensors.release;
        for wanted in [Reading::Refused, Reading::Dropped, Reading::Mistaken] {
            let all = tensors.file.iter().map(|tensor| tensor.name());
            let found: Vec<_> = all.filter(|name| reading(name, release) == wanted).collect();
            let Some(first) = found.first() else { continue };
            let names = names(found.iter().copied());
            let what = match wanted {
                Reading::Dropped => format!("drops {names} without a word"),
                Reading::Mistaken => format!("takes {names} for LoRA's B"),
                _ => format!("does not know {names}, and refuses the whole file"),
            };
            report
                .about_tensor(Self::INFO, first, format!("{release} {what}"))
                .help("merge the adapter into the base model (`adapter-lint merge`), or train it without");
        }
    }
}

/// What becomes of a tensor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reading {
    Taken,
    Refused,
    Dropped,
    Mistaken,
}

/// As `parse_fine_tuned_lora_name` in `vllm/lora/utils.py` has it.
fn reading(name: &str, release: Vllm) -> Reading {
    if release >= SKIPS_EMBEDDINGS && EMBEDDINGS.iter().any(|end| name.ends_with(end)) {
        return Reading::Taken;
    }
    let mut parts = name.rsplit('.');
    let (last, before) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let is_half = ["lora_A", "lora_B"].contains(&before);
    match last {
        "weight" if is_half => {}
        "lora_embedding_A" | "lora_embedding_B" => {}
        "weight" | "bias" if release >= READS_HEADS && ["score", "classifier"].contains(&before) => {}
        "bias" if is_half && release >= READS_HEADS && release < READS_PATTERNS => return Reading::Mistaken,
        // The two parts before it are taken off, whatever they are.
        "bias" if release < WITHOUT_BIAS && (is_half || before == "base_layer") => {}
        _ => return Reading::Refused,
    }
    if release < TAKES_PLAIN_NAMES && !name.starts_with(BASE) { Reading::Dropped } else { Reading::Taken }
}
