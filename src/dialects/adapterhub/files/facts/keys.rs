//! The keys of each kind of object, and which values the library can use for them.

/// Which values the library can use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Takes {
    /// Any value: it is kept without being read, or judged by a rule of its own.
    Anything,
    /// Any value: it is tested for truth.
    Truth,
    /// Text.
    Text,
    /// Text, or a value that counts as false.
    TextIfTrue,
    /// An object.
    Object,
    /// An object or null.
    ObjectOrNull,
    /// An object; an empty list or text stands for an empty one.
    Mapping,
    /// An integer not below the bound; a boolean will not do.
    Integer(i64),
    /// An integer not below the bound; `true` counts as 1.
    Index(i64),
    /// An integer not below the bound, or a value that counts as false and leaves the default.
    IntegerIfTrue(i64),
    /// A number from 0 to 1, or null.
    ProbabilityOrNull,
    /// A number from 0 to 1, or a value that counts as false and leaves the default.
    ProbabilityIfTrue,
    /// A path of module names joined by dots.
    Path,
    /// A path of module names joined by dots, or null.
    PathOrNull,
}

/// A key of an object.
#[derive(Debug)]
pub(in super::super) struct Key {
    /// How it is written.
    pub(in super::super) name: &'static str,
    /// Whether the library fails without it.
    pub(in super::super) required: bool,
    /// Which values it can use.
    pub(in super::super) takes: Takes,
}

/// Makes a table of keys: `+` marks a required key, `-` one that may be absent.
macro_rules! keys {
    ($($(#[$doc:meta])* $table:ident { $($mark:tt $name:literal $takes:expr;)* })*) => {
        $(
            $(#[$doc])*
            pub(in super::super) const $table: &[Key] = &[
                $(Key { name: $name, required: keys!(@ $mark), takes: { use Takes::*; $takes } },)*
            ];
        )*
    };
    (@ +) => { true };
    (@ -) => { false };
}

pub(super) use keys;

keys! {
    /// `head_config.json` of a class with flexible heads.
    FLEX_HEAD_FILE {
        + "model_class" Text; + "name" Anything; + "config" Object;
        - "model_type" Anything; - "hidden_size" Anything; - "model_name" Anything; - "version" Anything;
    }
    /// `head_config.json` of a class with one fixed head.
    STATIC_HEAD_FILE {
        + "model_class" Text; - "name" Anything; - "config" Anything; - "label2id" Anything; - "num_labels" Anything;
        - "model_type" Anything; - "hidden_size" Anything; - "model_name" Anything; - "version" Anything;
    }
    /// `adapter_fusion_config.json`.
    FUSION_FILE {
        + "name" Anything; + "config" Anything; - "adapter_names" Anything; - "model_class" Anything;
        - "model_type" Anything; - "hidden_size" Anything; - "model_name" Anything; - "version" Anything;
    }
    /// The AdapterFusion config itself.
    FUSION {
        + "key" Truth; + "query" Truth; + "value" Truth; + "query_before_ln" Truth;
        + "regularization" Truth; + "residual_before" Truth; + "temperature" Truth;
        + "value_before_softmax" Truth; + "value_initialized" Anything; + "dropout_prob" ProbabilityIfTrue;
    }
    /// `adapter_setup.json`.
    SETUP_FILE {
        + "adapter_setup" Object; + "head_setup" Anything; - "version" Anything;
    }
    /// A composition block.
    BLOCK {
        + "type" Text; + "children" Anything; - "kwargs" Object;
    }
    /// A child that is one adapter.
    SINGLE {
        + "type" Anything; + "children" Anything;
    }
    /// The arguments of Stack, Parallel and MultiTask.
    NO_ARGUMENTS {}
    /// The arguments of Fuse.
    FUSE_ARGUMENTS { - "name" TextIfTrue; }
    /// The arguments of Split.
    SPLIT_ARGUMENTS { + "splits" Anything; }
    /// The arguments of BatchSplit.
    BATCH_SPLIT_ARGUMENTS { + "batch_sizes" Anything; }
    /// The arguments of Average.
    AVERAGE_ARGUMENTS { - "weights" Anything; - "normalize_weights" Truth; }
    /// `adapter_interface.json`.
    INTERFACE_FILE {
        + "interface" Object; - "model_type" Anything; - "version" Anything;
    }
    /// The interface itself.
    INTERFACE {
        + "adapter_methods" Anything; + "model_embeddings" Path; + "model_layers" Path;
        + "layer_self_attn" PathOrNull; + "layer_cross_attn" PathOrNull; + "attn_o_proj" Anything;
        + "layer_intermediate_proj" PathOrNull; + "layer_output_proj" PathOrNull;
        - "attn_k_proj" Anything; - "attn_q_proj" Anything; - "attn_v_proj" Anything; - "attn_qkv_proj" Anything;
        - "layer_pre_self_attn" PathOrNull; - "layer_pre_cross_attn" PathOrNull; - "layer_pre_ffn" PathOrNull;
        - "layer_ln_1" PathOrNull; - "layer_ln_2" PathOrNull; - "base_model" TextIfTrue;
    }
    /// The `adapters` section of a model's config.
    SECTION {
        - "adapters" Object; - "config_map" Mapping; - "fusions" Mapping; - "fusion_config_map" Mapping;
        - "fusion_name_map" Mapping;
    }
    /// The keys of a model's own config that the library reads.
    MODEL_CONFIG {
        - "adapters" Object; - "prediction_heads" Object;
    }
}
