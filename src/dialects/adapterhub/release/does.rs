//! What a release computes, writes and reads otherwise than others, each row found by running them
//! (`fixtures/checkpoints`), or, for releases that were not run, by reading them.

use super::Release;
use super::facts::since;

/// Since when each type of prediction head is there.
const HEAD_TYPES: [(Release, &[&str]); 5] = [
    (Release::at("adapter-transformers 1.0.0"), &["multiple_choice", "tagging"]),
    (Release::at("adapter-transformers 1.0.1"), &["question_answering"]),
    (Release::at("adapter-transformers 1.1.1"), &["classification", "multilabel_classification"]),
    (Release::at("adapter-transformers 2.2.0"), &["causal_lm", "dependency_parsing", "masked_lm", "seq2seq_lm"]),
    (Release::at("adapter-transformers 3.1.0"), &["image_classification"]),
];

/// Heads that a type of model got later than others, though the release had both: its class names those that it takes.
const HEADS_OF_MODELS: [(Release, &str, &[&str]); 6] = [
    (Release::at("adapter-transformers 2.2.0"), "gpt2", &["tagging"]),
    (Release::at("adapters 0.1.0"), "gpt2", &["question_answering"]),
    (Release::at("adapters 0.1.0"), "t5", &["classification", "multilabel_classification", "question_answering"]),
    (Release::at("adapters 0.1.2"), "albert", &["multilabel_classification"]),
    (Release::at("adapters 0.1.2"), "deberta", &["multilabel_classification", "multiple_choice"]),
    (Release::at("adapters 0.1.2"), "deberta-v2", &["multilabel_classification"]),
];

/// Since when the keys of heads are there that came later than the heads.
const HEAD_KEYS: [(Release, &[&str]); 4] = [
    (Release::at("adapter-transformers 1.1.0"), &["label2id"]),
    (Release::at("adapter-transformers 2.1.0"), &["bias", "use_pooler"]),
    (Release::at("adapter-transformers 3.2.0"), &["embedding_size"]),
    (Release::at("adapters 0.1.0"), &["dropout_prob"]),
];

fn row(table: &[(Release, &[&str])], name: &str) -> Option<Release> {
    table.iter().find(|(_, names)| names.contains(&name)).map(|(since, _)| *since)
}

/// The first release with this type of head; `None` for one that no release has.
pub(crate) fn head_type(name: &str) -> Option<Release> {
    row(&HEAD_TYPES, name)
}

/// The first release with this type of head in this type of model, where the model got it later than the release.
pub(crate) fn head_of_model(model_type: &str, head: &str) -> Option<Release> {
    let mut rows = HEADS_OF_MODELS.iter();
    rows.find(|(_, model, heads)| *model == model_type && heads.contains(&head)).map(|(since, ..)| *since)
}

/// The first release with this key of a head.
pub(crate) fn head_key(name: &str) -> Release {
    row(&HEAD_KEYS, name).unwrap_or(since::FIRST)
}

impl Release {
    /// 1.x: the kind of an adapter is part of the names of its tensors, its file has a `type`, and the invertible
    /// adapter is a mapping of its own.
    pub(crate) fn is_typed(self) -> bool {
        !self.is_since(since::IGNORES_KEYS)
    }

    /// Up to 2.x classes with heads were called `ModelWithHeads`, `gelu` was the approximation by the hyperbolic
    /// tangent, and `gelu_orig` the exact one; all activations were the library's own.
    pub(crate) fn has_own_activations(self) -> bool {
        !self.is_since(since::ARCHITECTURES)
    }

    /// Up to 3.1 the invertible adapters of models with two stacks had two paths, and were saved under both.
    pub(crate) fn saves_invertible_twice(self) -> bool {
        !self.is_since(since::COUNTS_DROPOUTS) && !self.is_typed()
    }

    /// Up to 3.0 T5's adapters got the block's output and its residual in each other's place.
    pub(crate) fn swaps_residual_of_t5(self) -> bool {
        const MENDED: Release = Release::at("adapter-transformers 3.1.0");
        !self.is_since(MENDED)
    }

    /// `adapter-transformers` applied GPT-2's invertible adapters before the position embeddings.
    pub(crate) fn inverts_before_positions(self) -> bool {
        !self.is_adapters()
    }

    /// adapters 0.1 to 1.0.1 did not apply `alpha / r` in plain linear layers, but did where query, key and value are one
    /// matrix.
    pub(crate) fn scales_plain_layers(self) -> bool {
        !self.is_adapters() || self.is_since(since::SCALES_LORA)
    }

    /// Whether another alpha than r, which a release does not apply, does no harm in its files: newer releases take r
    /// for it where they read the version of adapters 1.0 (`_fix_backward_compat`), and not where it is 0.x.
    pub(crate) fn alpha_is_harmless(self) -> bool {
        self.is_since(since::NAMES_LIBRARY) && !self.scales_plain_layers()
    }

    /// Up to adapters 1.0.1 the prefixes of Llama and Mistral were as wide as all heads.
    pub(crate) fn has_wide_prefixes(self) -> bool {
        self.is_adapters() && !self.is_since(since::SCALES_LORA)
    }

    /// Before 1.0, `adapters` computed something else of prefixes in BART's decoder than all other releases do; in
    /// mBART's it computed what they do. Found by running 0.1.2 and 0.2.2.
    pub(crate) fn strays_in_prefixes_of_bart(self) -> bool {
        self.is_adapters() && !self.is_since(since::NAMES_LIBRARY)
    }

    /// Whether the attention of CLIP's text model adds 1 to the score of each prefix, whatever attention transformers
    /// is told to use: the mask before the causal one was made of ones. Seen in 3.2.1 and 0.2.2.
    pub(crate) fn raises_prefixes_of_clip(self) -> bool {
        !self.is_since(since::NAMES_LIBRARY)
    }

    /// Whether it does so under `eager` alone, which is not the default. Seen in 1.0.1; 1.3.0 has its code anew.
    pub(crate) fn raises_prefixes_of_eager_clip(self) -> bool {
        self.is_since(since::NAMES_LIBRARY) && !self.is_since(since::COMPARED_ATTENTION)
    }

    /// Since adapters 1.1.0 an AdapterFusion has a name of its own, and a list of what it fuses.
    pub(crate) fn names_fusions(self) -> bool {
        self.is_since(since::SCALES_LORA)
    }

    /// Since adapters 0.2.1 weights are read from safetensors.
    pub(crate) fn reads_safetensors(self) -> bool {
        self.is_since(since::SAFETENSORS)
    }

    /// Whether layers without a prefix may stand among others in a T5. Where its attention is transformers' own, the
    /// position bias is as wide as the keys of the first layer, and layers with other widths raise an error: seen in T5
    /// of 3.2.1, not in 0.2.2 and later, and in mT5 of 0.2.2 and 1.0.1; 1.1.0 has its code anew.
    pub(crate) fn mixes_prefixes_in_t5(self, model_type: &str) -> bool {
        self.is_since(if model_type == "mt5" { since::SCALES_LORA } else { since::ADAPTERS })
    }

    /// Whether an adapter with hypercomplex layers may have nothing in the first layer: `adapter-transformers` looks up
    /// its config there. Seen in 3.2.1.
    pub(crate) fn looks_for_compacter_in_first_layer(self) -> bool {
        !self.is_adapters()
    }

    /// Whether `init_weights: "mam_adapter"` cannot begin an adapter with `ln_before`: its down-projection was taken
    /// for the first module, which is the norm. Seen in 3.2.1, 0.2.2 and 1.0.1; mended in 1.1.0.
    pub(crate) fn begins_norms_as_matrices(self) -> bool {
        !self.is_since(since::SCALES_LORA)
    }

    /// Whether an adapter may have two low-rank members, and a prompt be added to a model that does not use it: both
    /// raise an error since VeRA came.
    pub(crate) fn refuses_useless_members(self) -> bool {
        self.is_since(since::REFUSES_ARCHITECTURES)
    }

    /// Whether an `EncoderDecoderModel` applies the inverse of the invertible adapter behind its decoder: seen in
    /// 2.3.0, 3.0.0 and 3.2.1, and not in adapters 0.2.2, 1.0.1 and 1.3.0, which leave the decoder's head as
    /// transformers has it.
    pub(crate) fn inverts_behind_decoder(self) -> bool {
        !self.is_since(since::ADAPTERS)
    }

    /// Whether `mh_adapter` also puts adapters behind the cross-attention of a BERT that is the decoder of an
    /// `EncoderDecoderModel`: seen in 3.0.0 and later, and not in 2.3.0.
    pub(crate) fn adapts_cross_attention_of_decoder(self) -> bool {
        self.is_since(since::ARCHITECTURES)
    }
}

#[cfg(test)]
mod tests {
    use super::{HEAD_TYPES, HEADS_OF_MODELS, head_of_model, head_type};
    use crate::dialects::adapterhub::release::facts::since;
    use crate::dialects::adapterhub::release::model_types;

    #[test]
    fn heads_come_to_a_model_after_the_model_and_the_head() {
        for (since, model, heads) in HEADS_OF_MODELS {
            assert!(since.is_since(model_types::first(model)), "{model} {since}");
            for head in heads {
                assert!(HEAD_TYPES.iter().any(|(_, known)| known.contains(head)), "{head}");
                let first = head_type(head).expect("a release has it");
                assert!(since.is_since(first) && since != first, "{model} {head} {since}");
            }
        }
        assert_eq!(head_of_model("t5", "seq2seq_lm"), None);
        assert_eq!(head_of_model("t5", "classification"), Some(since::ADAPTERS));
    }
}
