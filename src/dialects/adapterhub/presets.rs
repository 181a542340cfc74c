//! Every named architecture: the library's names, the Hub's, and what papers propose.
//!
//! A bare name means what the library means by it. The Hub's architectures carry the prefix `hub:` and, where its
//! two versions differ, the version: `hub:pfeiffer@1`, `hub:pfeiffer@2`.

use crate::document::json;
use crate::value::{Map, Value};

/// Who gives an architecture its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Publisher {
    /// The library: `ADAPTER_CONFIG_MAP`.
    Library,
    /// The library, for layers that fuse adapters: `ADAPTERFUSION_CONFIG_MAP`.
    Fusion,
    /// The Hub: a card in its `architectures` folder.
    Hub,
    /// A paper, in the library's keys. The library does not know the name.
    Paper,
}

/// What the library's class of a named architecture does beyond its keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shape {
    /// Nothing.
    Plain,
    /// `MAMConfig`: at most two members, prefix tuning and a bottleneck adapter; missing ones are filled in.
    Mam,
    /// `UniPELTConfig`: at most three members, missing ones are filled in, and all of them are gated.
    Unipelt,
}

/// A named architecture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Its name.
    pub name: &'static str,
    /// Other names that are current.
    pub aliases: &'static [&'static str],
    /// Names that the library calls deprecated.
    pub deprecated: &'static [&'static str],
    /// Who names it.
    pub publisher: Publisher,
    /// What its class does.
    pub shape: Shape,
    /// The keys that differ from the defaults of the method, and those that have none, as JSON.
    json: &'static str,
    /// The paper, library class or card that defines it.
    pub source: &'static str,
    /// What it is.
    pub description: &'static str,
}

impl Preset {
    /// All of them.
    pub const ALL: &'static [Self] = PRESETS;

    /// The architecture that a name stands for.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        PRESETS.iter().find(|preset| preset.names().any(|known| known == name))
    }

    /// All its names, deprecated ones last.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + use<> {
        std::iter::once(self.name).chain(self.aliases.iter().copied()).chain(self.deprecated.iter().copied())
    }

    /// The keys that differ from the defaults of the method, and those that have none.
    #[must_use]
    pub fn config(&self) -> Map {
        match json::parse(self.json).0.map(|node| node.to_value()) {
            Some(Value::Map(map)) => map,
            _ => Map::new(),
        }
    }
}

/// Declares the architectures, one row each:
/// `Publisher [Shape] "name", also "alias" …, deprecated "name" …: {JSON} from "source", "description";`
macro_rules! presets {
    ($($publisher:ident $(($shape:ident))? $name:literal $(also $alias:literal)* $(deprecated $old:literal)*:
        $json:literal from $source:literal, $description:literal;)*) => {
        const PRESETS: &[Preset] = &[$(Preset {
            name: $name,
            aliases: &[$($alias),*],
            deprecated: &[$($old),*],
            publisher: Publisher::$publisher,
            shape: presets!(@shape $($shape)?),
            json: $json,
            source: $source,
            description: $description,
        }),*];
    };
    (@shape) => { Shape::Plain };
    (@shape $shape:ident) => { Shape::$shape };
}

presets! {
    Library "seq_bn" deprecated "pfeiffer":
        r#"{"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu",
            "original_ln_before": true}"#
        from "Pfeiffer et al. 2020, https://arxiv.org/abs/2005.00247; `SeqBnConfig`",
        "One bottleneck adapter a layer, behind the feed-forward block.";
    Library "double_seq_bn" deprecated "houlsby":
        r#"{"mh_adapter": true, "output_adapter": true, "reduction_factor": 16, "non_linearity": "swish"}"#
        from "Houlsby et al. 2019, https://arxiv.org/abs/1902.00751; `DoubleSeqBnConfig`",
        "Two bottleneck adapters a layer, behind the attention and behind the feed-forward block.";
    Library "par_bn" deprecated "parallel":
        r#"{"mh_adapter": false, "output_adapter": true, "reduction_factor": 2, "non_linearity": "relu",
            "init_weights": "mam_adapter", "is_parallel": true, "scaling": 4.0}"#
        from "He et al. 2021, https://arxiv.org/abs/2110.04366; `ParBnConfig`",
        "A bottleneck adapter beside the feed-forward block, scaled by 4.";
    Library "scaled_par_bn" deprecated "scaled_parallel":
        r#"{"mh_adapter": false, "output_adapter": true, "reduction_factor": 2, "non_linearity": "relu",
            "init_weights": "mam_adapter", "is_parallel": true, "scaling": "learned"}"#
        from "He et al. 2021, https://arxiv.org/abs/2110.04366; `ParBnConfig(scaling=\"learned\")`",
        "A bottleneck adapter beside the feed-forward block, with a learned scaling.";
    Library "seq_bn_inv" deprecated "pfeiffer+inv":
        r#"{"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu",
            "original_ln_before": true, "inv_adapter": "nice", "inv_adapter_reduction_factor": 2}"#
        from "Pfeiffer et al. 2020, https://arxiv.org/abs/2005.00247 and https://arxiv.org/abs/2005.00052; `SeqBnInvConfig`",
        "`seq_bn` with invertible adapters behind the embeddings.";
    Library "double_seq_bn_inv" deprecated "houlsby+inv":
        r#"{"mh_adapter": true, "output_adapter": true, "reduction_factor": 16, "non_linearity": "swish",
            "inv_adapter": "nice", "inv_adapter_reduction_factor": 2}"#
        from "Houlsby et al. 2019, https://arxiv.org/abs/1902.00751, and Pfeiffer et al. 2020, https://arxiv.org/abs/2005.00052; `DoubleSeqBnInvConfig`",
        "`double_seq_bn` with invertible adapters behind the embeddings.";
    Library "compacter++":
        r#"{"mh_adapter": false, "output_adapter": true, "reduction_factor": 32, "non_linearity": "gelu",
            "original_ln_before": true, "phm_layer": true}"#
        from "Mahabadi et al. 2021, https://arxiv.org/abs/2106.04647; `CompacterPlusPlusConfig`",
        "`seq_bn` whose projections are sums of Kronecker products.";
    Library "compacter":
        r#"{"mh_adapter": true, "output_adapter": true, "reduction_factor": 32, "non_linearity": "gelu",
            "phm_layer": true}"#
        from "Mahabadi et al. 2021, https://arxiv.org/abs/2106.04647; `CompacterConfig`",
        "`double_seq_bn` whose projections are sums of Kronecker products.";
    Library "prefix_tuning":
        r#"{"architecture": "prefix_tuning"}"#
        from "Li and Liang 2021, https://arxiv.org/abs/2101.00190; `PrefixTuningConfig`",
        "Learned keys and values before those of every attention, made by a bottleneck network.";
    Library "prefix_tuning_flat":
        r#"{"architecture": "prefix_tuning", "flat": true}"#
        from "Li and Liang 2021, https://arxiv.org/abs/2101.00190; `PrefixTuningConfig(flat=True)`",
        "Learned keys and values before those of every attention, learned directly.";
    Library "prompt_tuning":
        r#"{"architecture": "prompt_tuning"}"#
        from "Lester et al. 2021, https://arxiv.org/abs/2104.08691; `PromptTuningConfig`",
        "Learned embeddings before those of the input.";
    Library "mtl_lora":
        r#"{"architecture": "mtl_lora"}"#
        from "Yang et al. 2024, https://arxiv.org/abs/2410.09437; `MTLLoRAConfig`",
        "LoRA with a matrix for each task and several shared up-projections.";
    Library "lora":
        r#"{"architecture": "lora"}"#
        from "Hu et al. 2021, https://arxiv.org/abs/2106.09685; `LoRAConfig`",
        "A low-rank update of the query and value projections.";
    Library "ia3":
        r#"{"architecture": "lora", "intermediate_lora": true, "r": 1, "alpha": 1, "attn_matrices": ["k", "v"],
            "composition_mode": "scale", "init_weights": "ia3"}"#
        from "Liu et al. 2022, https://arxiv.org/abs/2205.05638; `IA3Config`",
        "A learned vector that scales keys, values and the feed-forward block's inner activations.";
    Library "vera":
        r#"{"architecture": "lora", "init_weights": "vera", "vera_d": 0.1, "vera_b": 0.0}"#
        from "Kopiczko et al. 2023, https://arxiv.org/abs/2310.11454; `VeraConfig`",
        "Shared random low-rank matrices, scaled by two learned vectors.";
    Library "dora":
        r#"{"architecture": "lora", "use_dora": true}"#
        from "Liu et al. 2024, https://arxiv.org/abs/2402.09353; `DoRAConfig`",
        "LoRA on the direction of the weight, with a learned magnitude.";
    Library "dvora":
        r#"{"architecture": "lora", "init_weights": "vera", "use_dora": true, "vera_d": 0.1, "vera_b": 0.0}"#
        from "Liu et al. 2024, https://arxiv.org/abs/2402.09353, over Kopiczko et al. 2023; `DvoRAConfig`",
        "VeRA on the direction of the weight, with a learned magnitude.";
    Library "loreft":
        r#"{"architecture": "reft", "layers": "all", "prefix_positions": 3, "suffix_positions": 0, "r": 1,
            "orthogonality": true}"#
        from "Wu et al. 2024, https://arxiv.org/abs/2404.03592; `LoReftConfig`",
        "An edit of the hidden states in a learned orthogonal subspace.";
    Library "noreft":
        r#"{"architecture": "reft", "layers": "all", "prefix_positions": 3, "suffix_positions": 0, "r": 1,
            "orthogonality": false}"#
        from "Wu et al. 2024, https://arxiv.org/abs/2404.03592; `NoReftConfig`",
        "LoReFT without the demand that the subspace's basis is orthogonal.";
    Library "direft":
        r#"{"architecture": "reft", "layers": "all", "prefix_positions": 3, "suffix_positions": 0, "r": 1,
            "orthogonality": false}"#
        from "Wu et al. 2024, https://arxiv.org/abs/2404.03592; `DiReftConfig`",
        "NoReFT that does not subtract the projection. No key says so: saved and loaded again it is NoReFT.";
    Library (Mam) "mam":
        r#"{"architecture": "union", "configs": [
            {"architecture": "prefix_tuning", "bottleneck_size": 800},
            {"mh_adapter": false, "output_adapter": true, "reduction_factor": 2, "non_linearity": "relu",
             "init_weights": "mam_adapter", "is_parallel": true, "scaling": 4.0}]}"#
        from "He et al. 2021, https://arxiv.org/abs/2110.04366; `MAMConfig`",
        "Mix-and-match: prefix tuning and a parallel bottleneck adapter.";
    Library (Unipelt) "unipelt":
        r#"{"architecture": "union", "configs": [
            {"architecture": "prefix_tuning", "prefix_length": 10, "use_gating": true},
            {"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu",
             "original_ln_before": true, "use_gating": true},
            {"architecture": "lora", "alpha": 2, "use_gating": true}]}"#
        from "Mao et al. 2022, https://arxiv.org/abs/2110.07577; `UniPELTConfig`",
        "Prefix tuning, a bottleneck adapter and LoRA, each behind a gate.";

    Fusion "static":
        r#"{"key": true, "query": true, "value": false, "query_before_ln": false, "regularization": false,
            "residual_before": false, "temperature": false, "value_before_softmax": true,
            "value_initialized": false, "dropout_prob": null}"#
        from "Pfeiffer et al. 2020, https://arxiv.org/abs/2005.00247; `StaticAdapterFusionConfig`",
        "Fusion of adapters without a value matrix.";
    Fusion "dynamic":
        r#"{"key": true, "query": true, "value": true, "query_before_ln": false, "regularization": true,
            "residual_before": false, "temperature": false, "value_before_softmax": true,
            "value_initialized": true, "dropout_prob": null}"#
        from "Pfeiffer et al. 2020, https://arxiv.org/abs/2005.00247; `DynamicAdapterFusionConfig`",
        "Fusion of adapters with a regularised value matrix.";

    Hub "hub:pfeiffer@1":
        r#"{"ln_after": false, "ln_before": false, "mh_adapter": false, "output_adapter": true,
            "adapter_residual_before_ln": false, "non_linearity": "relu", "original_ln_after": true,
            "original_ln_before": true, "reduction_factor": 16, "residual_before_ln": true,
            "invertible_adapter": {"block_type": "nice", "non_linearity": "relu", "reduction_factor": 2}}"#
        from "The Hub's `architectures/pfeiffer.yaml`, `config_v1`",
        "`pfeiffer` of the Hub's version 1, with invertible adapters in the old nested form.";
    Hub "hub:pfeiffer@2" also "hub:pfeiffer":
        r#"{"ln_after": false, "ln_before": false, "mh_adapter": false, "output_adapter": true,
            "adapter_residual_before_ln": false, "non_linearity": "relu", "original_ln_after": true,
            "original_ln_before": true, "reduction_factor": 16, "residual_before_ln": true}"#
        from "The Hub's `architectures/pfeiffer.yaml`, `config`",
        "`pfeiffer` of the Hub's version 2, without invertible adapters.";
    Hub "hub:houlsby" also "hub:houlsby@1" also "hub:houlsby@2":
        r#"{"ln_after": false, "ln_before": false, "mh_adapter": true, "output_adapter": true,
            "adapter_residual_before_ln": false, "non_linearity": "swish", "original_ln_after": true,
            "original_ln_before": false, "reduction_factor": 16, "residual_before_ln": true}"#
        from "The Hub's `architectures/houlsby.yaml`",
        "`houlsby` of the Hub, the same in both versions.";
    Hub "hub:pfeiffer+inv" also "hub:pfeiffer+inv@1" also "hub:pfeiffer+inv@2":
        r#"{"ln_after": false, "ln_before": false, "mh_adapter": false, "output_adapter": true,
            "adapter_residual_before_ln": false, "non_linearity": "relu", "original_ln_after": true,
            "original_ln_before": true, "reduction_factor": 16, "residual_before_ln": true,
            "inv_adapter": "nice", "inv_adapter_reduction_factor": 2}"#
        from "The Hub's `architectures/pfeiffer+inv.yaml`",
        "`pfeiffer` with invertible adapters, the same in both versions of the Hub.";
    Hub "hub:houlsby+inv" also "hub:houlsby+inv@1" also "hub:houlsby+inv@2":
        r#"{"ln_after": false, "ln_before": false, "mh_adapter": true, "output_adapter": true,
            "adapter_residual_before_ln": false, "non_linearity": "swish", "original_ln_after": true,
            "original_ln_before": false, "reduction_factor": 16, "residual_before_ln": true,
            "inv_adapter": "nice", "inv_adapter_reduction_factor": 2}"#
        from "The Hub's `architectures/houlsby+inv.yaml`",
        "`houlsby` with invertible adapters, the same in both versions of the Hub.";
    Hub "hub:lohfink-rossi-leaveout" also "lohfink-rossi-leaveout"
        also "hub:lohfink-rossi-leaveout@1" also "hub:lohfink-rossi-leaveout@2":
        r#"{"ln_after": false, "ln_before": false, "mh_adapter": true, "output_adapter": true,
            "adapter_residual_before_ln": true, "non_linearity": "relu", "original_ln_after": true,
            "original_ln_before": true, "reduction_factor": 16, "residual_before_ln": true,
            "leave_out": [0, 1, 2, 3, 11, 12, 13, 14]}"#
        from "The Hub's `architectures/lohfink-rossi-leaveout.yaml`",
        "Two bottleneck adapters a layer, left out in eight layers.";

    Paper "bapna-firat":
        r#"{"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu",
            "original_ln_before": true, "original_ln_after": false, "residual_before_ln": false, "ln_before": true}"#
        from "Bapna and Firat 2019, https://arxiv.org/abs/1909.08478",
        "A bottleneck adapter with a layer norm of its own at its input, behind each whole layer and its residual \
         connection. The paper varies the bottleneck's size; the factor 16 is the library's usual one.";
    Paper "madx-language":
        r#"{"mh_adapter": false, "output_adapter": true, "reduction_factor": 2, "non_linearity": "relu",
            "original_ln_before": true, "inv_adapter": "nice", "inv_adapter_reduction_factor": 2}"#
        from "Pfeiffer et al. 2020 (MAD-X), https://arxiv.org/abs/2005.00052",
        "MAD-X's language adapter: half the hidden size, with invertible adapters.";
    Paper "madx-task":
        r#"{"mh_adapter": false, "output_adapter": true, "reduction_factor": 16, "non_linearity": "relu",
            "original_ln_before": true}"#
        from "Pfeiffer et al. 2020 (MAD-X), https://arxiv.org/abs/2005.00052",
        "MAD-X's task adapter, stacked on a language adapter: a sixteenth of the hidden size.";
    Paper "adapter_plus":
        r#"{"mh_adapter": false, "output_adapter": true, "reduction_factor": 96, "non_linearity": "gelu",
            "original_ln_before": true, "original_ln_after": false, "init_weights": "houlsby", "scaling": "channel",
            "residual_before_ln": false, "stochastic_depth": 0.1}"#
        from "Steitz and Roth 2024, https://arxiv.org/abs/2406.06820; `AdapterPlusConfig`",
        "A bottleneck adapter with a learned scaling for each channel, for vision transformers. The library has \
         the class, but no name for it.";
}
