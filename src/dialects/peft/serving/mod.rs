//! What vLLM takes of an adapter of PEFT (`--for vllm@0.33.0`): it reads config and tensors with code of its own.
//!
//! What is said here is what that code does, recorded by running it without a model (`fixtures/serving/vllm.jsonl`). Which layers
//! it can adapt is a matter of the model that it serves, of which nothing is said.

mod release;
pub(crate) mod rules;
#[cfg(feature = "oracle")]
pub(crate) mod tensors;

pub use release::{UnknownVllm, Vllm};

use super::PeftType;
use super::uses::MethodUses;
use crate::document::{Document, Member, Node};
use crate::findings::Report;
use crate::python::is_true;
use crate::value::{Map, Value};

/// Since when scales and ranks of single modules are read (`PEFTHelper.get_rank_and_scaling`), and adapters are refused that
/// would be computed otherwise.
const READS_PATTERNS: Vllm = Vllm::at(32, 0);

/// Since when heads of classifiers are served (`LoRAModel.modules_to_save`).
const READS_HEADS: Vllm = Vllm::at(31, 0);

/// Since when no bias is served at all; before, `--enable-lora-bias` had it served.
const WITHOUT_BIAS: Vllm = Vllm::at(11, 1);

/// A config to be judged for a release of vLLM.
pub(crate) struct Subject<'a> {
    document: &'a Document,
    root: &'a Node,
    /// The keys that PEFT reads.
    config: Map,
    release: Vllm,
}

impl<'a> Subject<'a> {
    fn new(document: &'a Document, root: &'a Node, release: Vllm) -> Option<Self> {
        Some(Self { document, root, config: MethodUses::own_keys(root.to_value().as_map()?), release })
    }

    /// Whether it is LoRA, which is all that vLLM serves.
    fn is_lora(&self) -> bool {
        PeftType::of(&self.config) == Some(PeftType::Lora)
    }

    /// A key whose value is true to Python.
    fn set(&self, key: &str) -> Option<&'a Member> {
        self.root.member(key).filter(|member| is_true(&member.node.to_value()))
    }

    /// A number, or PEFT's default.
    fn number(&self, key: &str, default: f64) -> f64 {
        self.config.get(key).and_then(Value::as_f64).unwrap_or(default)
    }

    /// The rank and the factor of the update, with these in place of the config's.
    fn scale(&self, rank: Option<f64>, alpha: Option<f64>) -> f64 {
        let rank = rank.unwrap_or_else(|| self.number("r", 8.0));
        let alpha = alpha.unwrap_or_else(|| self.number("lora_alpha", 8.0));
        let is_rooted = self.config.get("use_rslora").is_some_and(is_true);
        alpha / if is_rooted { rank.sqrt() } else { rank }
    }
}

/// Judges a config of PEFT for a release of vLLM.
pub(super) fn check(document: &Document, root: &Node, release: Vllm, report: &mut Report) {
    if let Some(subject) = Subject::new(document, root, release) {
        rules::check_all(&subject, report);
    }
}
