//! Configs inside of LoRA's config.

use super::key::Type::{Choice, Nullable};
use super::key::{
    BOOL, COUNT, FRACTION, FROM_ONE, INT, Key, NATURAL, NOT_NEGATIVE, NUMBER, POSITIVE, TEXT, TEXTS, flowing, keys,
};

/// A config inside of another.
#[derive(Debug)]
pub struct Nested {
    /// The class.
    pub class: &'static str,
    /// The keys.
    pub keys: &'static [Key],
    doc: &'static str,
}

impl Nested {
    /// All of them.
    pub fn all() -> impl ExactSizeIterator<Item = &'static Self> {
        [&ARROW, &BDLORA, &CORDA, &EVA, &KASA, &LOFTQ, &LORA_GA, &MONTECLORA, &RUNTIME, &VELORA].into_iter()
    }

    /// What it is.
    #[must_use]
    pub fn manual(&self) -> String {
        flowing(self.doc)
    }

    /// The key of this name.
    #[must_use]
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

/// Declares a nested config.
macro_rules! nested {
    ($($(#[doc = $doc:literal])+ $name:ident $class:literal { $($keys:tt)* })*) => {$(
        $(#[doc = $doc])+
        pub(super) static $name: Nested = Nested {
            class: $class,
            keys: keys! { $($keys)* },
            doc: concat!($($doc, "\n"),+),
        };
    )*};
}

nested! {
    /// Arrow: several trained LoRAs are mixed token by token, by how they would change it.
    ARROW "ArrowConfig" {
        /// LoRAs of general knowledge that are subtracted, with `use_gks`. PEFT fills it in.
        gks_adapter_names = null, Nullable(&TEXTS);
        /// A seed for what is drawn. Null: other numbers each time.
        rng_seed = null, Nullable(&INT);
        /// The temperature of the softmax over the LoRAs.
        router_temperature = 1.0, POSITIVE;
        /// The LoRAs that are mixed. PEFT fills it in.
        task_adapter_names = null, Nullable(&TEXTS);
        /// How many LoRAs count for a token, the best ones.
        top_k = 3, COUNT;
        /// Whether general knowledge is subtracted from the LoRAs first (GenKnowSub).
        use_gks = false, BOOL;
    }

    /// BD-LoRA: matrices of blocks along the diagonal, so that machines which serve parts of a model need not talk.
    BDLORA "BdLoraConfig" {
        /// Whether every adapted module has to be in one of the two lists.
        match_strict = true, BOOL;
        /// The number of blocks.
        nblocks = 1, COUNT;
        /// Parts of the names of modules whose A consists of blocks.
        target_modules_bd_a = null, Nullable(&TEXTS);
        /// Parts of the names of modules whose B consists of blocks. No name may be in both lists.
        target_modules_bd_b = null, Nullable(&TEXTS);
    }

    /// CorDA: A and B from the weight and the covariance of activations.
    CORDA "CordaConfig" {
        /// A file for the decompositions, to be used again.
        cache_file = null, Nullable(&TEXT);
        /// What is kept in mind.
        corda_method = "ipm", Choice(&[("ipm", "The new task: faster learning."), ("kpm", "The knowledge of the base model.")]);
        /// A file for the covariances, to be used again.
        covariance_file = null, Nullable(&TEXT);
        /// Whether what the preparation left in the model is removed.
        prune_temporary_fields = true, BOOL;
        /// Whether covariances are computed in half precision.
        use_float16_for_covariance = false, BOOL;
        /// Whether progress is shown.
        verbose = false, BOOL;
    }

    /// EVA: A from the singular vectors of activations, and ranks by how much they explain.
    EVA "EvaConfig" {
        /// Whether the scales follow the ranks.
        adjust_scaling_factors = true, BOOL;
        /// The label of tokens that are left out.
        label_mask_value = -100, INT;
        /// How often `r` a module may get at most. 1: all keep `r`.
        rho = 2.0, FROM_ONE;
        /// How alike the vectors of two steps have to be for the search to end.
        tau = 0.99, FRACTION;
        /// Whether tokens without a label are left out.
        use_label_mask = true, BOOL;
        /// Whether the vectors are divided by their singular values.
        whiten = false, BOOL;
    }

    /// KaSA: the weights of losses that the training has to add by itself.
    KASA "KasaConfig" {
        /// The weight of the squares of the diagonal.
        beta = 0.0001, NOT_NEGATIVE;
        /// The weight of how far A and B are from orthogonal.
        gamma = 0.001, NOT_NEGATIVE;
    }

    /// LoftQ: how the base model is quantised.
    LOFTQ "LoftQConfig" {
        /// The bits of a weight.
        loftq_bits = 4, COUNT;
        /// How often quantising and decomposing take turns.
        loftq_iter = 1, NATURAL;
    }

    /// LoRA-GA: how A and B follow from the gradients' singular vectors.
    LORA_GA "LoraGAConfig" {
        /// Which vectors go where.
        direction = "ArB2r", Choice(&[
            ("ArBr", "In turns."),
            ("A2rBr", "The first `r` to B, the next to A."),
            ("ArB2r", "The first `r` to A, the next to B."),
            ("random", "By chance."),
        ]);
        /// How they are scaled.
        scale = "stable", Choice(&[
            ("stable", "By `stable_gamma`."),
            ("weight_svd", "By the singular values of the weight."),
            ("gd_scale", "As a step of gradient descent."),
            ("unit", "Not at all."),
        ]);
        /// The number of `stable`.
        stable_gamma = 16, NUMBER;
    }

    /// MonteCLoRA: how samples are drawn.
    MONTECLORA "MontecloraConfig" {
        /// How many values are kept for drawing.
        buffer_size = 150, COUNT;
        /// How even the weights of the samples are expected to be; larger is more even.
        dirichlet_prior = 0.1, POSITIVE;
        /// The weight of the loss that keeps the samples near what is expected.
        kl_loss_weight = 1e-5, NUMBER;
        /// The samples of a forward pass.
        num_samples = 8, COUNT;
        /// The factor of the samples.
        sample_scaler = 1e-4, NUMBER;
        /// Whether a loss keeps the weights of the samples even.
        use_entropy = false, BOOL;
    }

    /// How LoRA is set up in memory.
    RUNTIME "LoraRuntimeConfig" {
        /// Whether large computations while loading take place on the GPU though the weights are elsewhere.
        ephemeral_gpu_offload = false, BOOL;
    }

    /// VeLoRA: how activations are compressed.
    VELORA "VeloraConfig" {
        /// How the direction is found on which activations are projected.
        init_type = "batch_average", Choice(&[
            ("batch_average", "The average of each batch."),
            ("batch_average_once", "The average of the first batch."),
            ("random", "By chance."),
        ]);
        /// The groups of features that are compressed apart; more means less loss and more memory.
        num_groups = 64, COUNT;
        /// The factor of what is restored.
        scale = 1.0, POSITIVE;
    }
}
