//! Configs inside of LoRA's config.

use super::key::Type::{Choice, Nullable};
use super::key::{
    BOOL, COUNT, FRACTION, FROM_ONE, INT, NATURAL, NOT_NEGATIVE, NUMBER, Nested, POSITIVE, TEXT, TEXTS, keys,
};

impl Nested {
    /// All of them.
    pub fn all() -> impl ExactSizeIterator<Item = &'static Self> {
        [&ARROW, &BDLORA, &CORDA, &EVA, &KASA, &LOFTQ, &LORA_GA, &MONTECLORA, &RUNTIME, &VELORA].into_iter()
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
        /// The seed of the random numbers. Null: different numbers each time.
        rng_seed = null, Nullable(&INT);
        /// The temperature of the softmax over the LoRAs.
        router_temperature = 1.0, POSITIVE;
        /// The LoRAs that are mixed. PEFT fills it in.
        task_adapter_names = null, Nullable(&TEXTS);
        /// How many LoRAs, the best ones, are used for a token.
        top_k = 3, COUNT;
        /// Whether general knowledge is subtracted from the LoRAs first (GenKnowSub).
        use_gks = false, BOOL;
    }

    /// BD-LoRA: block-diagonal matrices, so that machines that serve parts of a model need not communicate.
    BDLORA "BdLoraConfig" {
        /// Whether every adapted module must be in one of the two lists.
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
        /// A file for the decompositions, so that they can be reused.
        cache_file = null, Nullable(&TEXT);
        /// What the method prefers.
        corda_method = "ipm", Choice(&[("ipm", "The new task: faster learning."), ("kpm", "The knowledge of the base model.")]);
        /// A file for the covariances, so that they can be reused.
        covariance_file = null, Nullable(&TEXT);
        /// Whether what the preparation leaves in the model is removed.
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
        /// The largest rank of a module, as a multiple of `r`. 1: all keep `r`.
        rho = 2.0, FROM_ONE;
        /// How similar the vectors of two steps must be for the search to end.
        tau = 0.99, FRACTION;
        /// Whether tokens without a label are left out.
        use_label_mask = true, BOOL;
        /// Whether the vectors are divided by their singular values.
        whiten = false, BOOL;
    }

    /// KaSA: the weights of losses that the training code has to add itself.
    KASA "KasaConfig" {
        /// The weight of the squares of the diagonal.
        beta = 0.0001, NOT_NEGATIVE;
        /// The weight of the deviation of A and B from orthogonality.
        gamma = 0.001, NOT_NEGATIVE;
    }

    /// LoftQ: how the base model is quantised.
    LOFTQ "LoftQConfig" {
        /// The number of bits of a weight.
        loftq_bits = 4, COUNT;
        /// How often quantising and decomposing alternate.
        loftq_iter = 1, NATURAL;
    }

    /// LoRA-GA: how A and B follow from the gradients' singular vectors.
    LORA_GA "LoraGAConfig" {
        /// Which vectors go where.
        direction = "ArB2r", Choice(&[
            ("ArBr", "Alternating."),
            ("A2rBr", "The first `r` to B, the next to A."),
            ("ArB2r", "The first `r` to A, the next to B."),
            ("random", "At random."),
        ]);
        /// How they are scaled.
        scale = "stable", Choice(&[
            ("stable", "By `stable_gamma`."),
            ("weight_svd", "By the singular values of the weight."),
            ("gd_scale", "As a step of gradient descent."),
            ("unit", "Not at all."),
        ]);
        /// The parameter of `stable`.
        stable_gamma = 16, NUMBER;
    }

    /// MonteCLoRA: how samples are drawn.
    MONTECLORA "MontecloraConfig" {
        /// How many values are kept for drawing.
        buffer_size = 150, COUNT;
        /// How even the weights of the samples are expected to be; larger is more even.
        dirichlet_prior = 0.1, POSITIVE;
        /// The weight of the loss that keeps the samples close to what is expected.
        kl_loss_weight = 1e-5, NUMBER;
        /// The number of samples in a forward pass.
        num_samples = 8, COUNT;
        /// The factor of the samples.
        sample_scaler = 1e-4, NUMBER;
        /// Whether a loss keeps the weights of the samples even.
        use_entropy = false, BOOL;
    }

    /// How LoRA is set up in memory.
    RUNTIME "LoraRuntimeConfig" {
        /// Whether large computations during loading take place on the GPU although the weights are elsewhere.
        ephemeral_gpu_offload = false, BOOL;
    }

    /// VeLoRA: how activations are compressed.
    VELORA "VeloraConfig" {
        /// How the direction onto which activations are projected is found.
        init_type = "batch_average", Choice(&[
            ("batch_average", "The average of each batch."),
            ("batch_average_once", "The average of the first batch."),
            ("random", "At random."),
        ]);
        /// The number of groups of features that are compressed separately; more means less loss and more memory.
        num_groups = 64, COUNT;
        /// The factor applied to what is restored.
        scale = 1.0, POSITIVE;
    }
}
