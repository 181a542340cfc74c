//! What a release does otherwise than the newest, apart from the values of single keys.

use super::Release;
use crate::dialects::adapterhub::config::Method;
use crate::dialects::adapterhub::releases::{Lifetime, lifetime};
use crate::dialects::adapterhub::rules::{
    ActivationRenamed, AlphaOverwritten, AttributeShadowed, ClassAttributeIgnored, PrefixMaskedByDefault,
    ResidualNeverDefined, UnknownArchitecture, UnknownKey, VersionMalformed,
};
use crate::findings::RuleInfo;
use crate::models::Model;

/// The releases in which something turned.
pub(crate) mod since {
    use super::Release;

    /// The first release of all.
    pub(crate) const FIRST: Release = Release::at("adapter-transformers 1.0.0");
    /// Unknown keys are kept and ignored; before, they are a `TypeError`. Files need no `type` any more, and the names of
    /// tensors do not tell it.
    pub(crate) const IGNORES_KEYS: Release = Release::at("adapter-transformers 2.0.0");
    /// `reduction_factor` may be a mapping.
    pub(crate) const REDUCTION_MAP: Release = Release::at("adapter-transformers 2.0.1");
    /// The exact GELU, called `gelu_orig` until [`ARCHITECTURES`].
    pub(crate) const GELU_ORIG: Release = Release::at("adapter-transformers 2.2.0");
    /// `architecture` selects the method; only four bottleneck keys are required; activations have transformers' names.
    pub(crate) const ARCHITECTURES: Release = Release::at("adapter-transformers 3.0.0");
    /// Widths are made integers, so that factors may be floats.
    pub(crate) const FLOAT_FACTORS: Release = Release::at("adapter-transformers 3.0.1");
    /// A head has no modules for a dropout of 0 any more.
    pub(crate) const LEAVES_OUT_DROPOUTS: Release = Release::at("adapter-transformers 2.1.0");
    /// A head has modules for all dropouts again.
    pub(crate) const COUNTS_DROPOUTS: Release = Release::at("adapter-transformers 3.2.0");
    /// What it computes under transformers' default attention was compared with `eager`.
    pub(crate) const COMPARED_ATTENTION: Release = Release::at("adapters 1.3.0");
    /// The name `adapters`, and its own LoRA, without `alpha / r`.
    pub(crate) const ADAPTERS: Release = Release::at("adapters 0.1.0");
    /// `version` names the library, as `adapters.1.0.0`; configs may be config strings.
    pub(crate) const NAMES_LIBRARY: Release = Release::at("adapters 1.0.0");
    /// Weights may be in safetensors.
    pub(crate) const SAFETENSORS: Release = Release::at("adapters 0.2.1");
    /// LoRA's `alpha / r` again; the version of files is read to repair them.
    pub(crate) const SCALES_LORA: Release = Release::at("adapters 1.1.0");
    /// An unknown `architecture` is a `KeyError`, and so is prompt tuning of a model without it. What Compacter's layers
    /// share is saved.
    pub(crate) const REFUSES_ARCHITECTURES: Release = Release::at("adapters 1.2.0");
}

impl Release {
    /// Whether a config of this `architecture` is read as one.
    pub(crate) fn knows_method(self, method: Method) -> bool {
        self.is_since(first_of(method))
    }

    /// Whether the method has this key. Keys that no release has are not known.
    pub(crate) fn knows_key(self, method: Method, key: &str) -> bool {
        match (method, key) {
            (Method::Union, "configs") => self.knows_method(Method::Union),
            (Method::Bottleneck | Method::Union, "architecture") => self.is_since(since::ARCHITECTURES),
            // Later releases read the old key, too.
            (Method::Bottleneck, "invertible_adapter") => true,
            _ => lifetime(table_name(method), key).is_some_and(|lifetime| self.is_within(lifetime)),
        }
    }

    /// Whether a head's layers are numbered without dropouts of 0.
    pub(crate) fn leaves_out_dropouts(self) -> bool {
        self.is_since(since::LEAVES_OUT_DROPOUTS) && !self.is_since(since::COUNTS_DROPOUTS)
    }

    fn is_within(self, lifetime: Lifetime) -> bool {
        self.is_since(lifetime.since) && lifetime.until.is_none_or(|until| self <= until)
    }

    /// The keys that a config of this method must have.
    pub(crate) fn required(self, method: Method) -> &'static [&'static str] {
        if method == Method::Bottleneck && !self.is_since(since::ARCHITECTURES) {
            &[
                "original_ln_before",
                "original_ln_after",
                "residual_before_ln",
                "adapter_residual_before_ln",
                "ln_before",
                "ln_after",
                "mh_adapter",
                "output_adapter",
                "non_linearity",
                "reduction_factor",
            ]
        } else {
            method.required()
        }
    }

    /// Whether prompt tuning of this model is taken and never used; later releases refuse it.
    pub(crate) fn leaves_prompts_unused(self, model: Option<&Model>) -> bool {
        let is_unsupported = model.and_then(|model| model.support).is_some_and(|support| !support.prompt_tuning);
        is_unsupported && !self.is_since(since::REFUSES_ARCHITECTURES)
    }

    /// Whether keys that a class does not have are a `TypeError`.
    pub(crate) fn refuses_unknown_keys(self) -> bool {
        !self.is_since(since::IGNORES_KEYS)
    }
}

/// The first release that has a method.
pub(crate) fn first_of(method: Method) -> Release {
    match method {
        Method::Union => since::ARCHITECTURES,
        _ => lifetime(table_name(method), if method == Method::Bottleneck { "mh_adapter" } else { "architecture" })
            .map_or(since::ARCHITECTURES, |lifetime| lifetime.since),
    }
}

/// The first release that has a key of a method; `None` if no release has it.
pub(crate) fn first_with(method: Method, key: &str) -> Option<Release> {
    lifetime(table_name(method), key).map(|lifetime| lifetime.since)
}

/// The name of a method in the table of keys.
fn table_name(method: Method) -> &'static str {
    method.architecture().unwrap_or("bottleneck")
}

/// The rules of the newest release that do not hold for others: the rule, the first release that it holds for, and
/// why. All other rules of the text, of keys, and of the base model hold for every release, of what it reads.
const NEWER_RULES: &[(&RuleInfo, Release, &str)] = &[
    (UnknownKey::INFO, since::IGNORES_KEYS, "every unknown key is a `TypeError`; AL802 tells"),
    (AttributeShadowed::INFO, since::IGNORES_KEYS, "every unknown key is a `TypeError`; AL802 tells"),
    (ClassAttributeIgnored::INFO, since::IGNORES_KEYS, "every unknown key is a `TypeError`; AL802 tells"),
    (
        UnknownArchitecture::INFO,
        since::REFUSES_ARCHITECTURES,
        "older releases read it as a bottleneck adapter; AL803 tells",
    ),
    (ResidualNeverDefined::INFO, since::ADAPTERS, "older releases take the truth of `residual_before_ln`"),
    (
        PrefixMaskedByDefault::INFO,
        since::COMPARED_ATTENTION,
        "with the transformers of older releases it was not compared",
    ),
    (VersionMalformed::INFO, since::SCALES_LORA, "older releases do not read the version"),
    (AlphaOverwritten::INFO, since::SCALES_LORA, "older releases do not repair LoRA's scaling"),
    (ActivationRenamed::INFO, since::ARCHITECTURES, "older releases do not rename activations"),
];

/// Why a rule does not hold for a release; `None` if it does.
pub(crate) fn silenced(release: Release, code: &str) -> Option<&'static str> {
    NEWER_RULES.iter().find(|(rule, since, _)| rule.code == code && !release.is_since(*since)).map(|(.., why)| *why)
}

#[cfg(test)]
mod tests {
    use super::NEWER_RULES;

    #[test]
    fn the_manual_has_every_rule_that_does_not_hold_for_all() {
        let manual = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/releases.md");
        let manual = std::fs::read_to_string(manual).expect("the manual is text");
        for (rule, since, _) in NEWER_RULES {
            let is_told = |line: &str| {
                line.starts_with('|') && line.contains(rule.code) && line.contains(&format!("| {since} |"))
            };
            assert!(manual.lines().any(is_told), "docs/releases.md has no row for {} since {since}", rule.code);
        }
    }
}
